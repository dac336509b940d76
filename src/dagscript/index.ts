export { drawGraph } from "./draw-graph.ts";
export { MAX_SCRIPT_BYTES } from "./limits.ts";
export { parseScript, type Script } from "./parse-script.ts";
export { type PlayedScript, type PlayedStep, playScript } from "./play-script.ts";
export { playedGraph } from "./played-graph.ts";
export type { PlayedState } from "./played-state.ts";
export { scriptFault } from "./script-fault.ts";
export { type GraphFormat, type GraphUnit, graphFormats, type UnitGraph } from "./unit-graph.ts";
