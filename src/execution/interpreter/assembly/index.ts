// The EVM's interpreter, compiled to WebAssembly. See ../wasm-evm.ts for its host.
import { defineInstructions } from "./instructions";

export { mixRounds } from "./blake2";
export * from "./exits";
export { findJumps } from "./jumps";
export * from "./layout";
export { run } from "./run";

defineInstructions();
