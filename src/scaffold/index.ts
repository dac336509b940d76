export { isPackageName, type ScaffoldOptions, scaffold } from "./scaffold.ts";
export { findTemplate, listTemplates, type Template } from "./template.ts";
