// The node's index.ts would load the whole node; a supervisor needs the words they exchange and the config file's form.
// biome-ignore-start lint/style/noRestrictedImports: two leaf files of src/node that import nothing of it.
export * from "../src/node/admin-channel.ts";
export * from "../src/node/config-file.ts";
// biome-ignore-end lint/style/noRestrictedImports: see above.
