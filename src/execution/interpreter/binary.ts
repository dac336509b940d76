import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentError } from "../../errors.ts";
import { packageRoot } from "../../package-files.ts";

let compiled: WebAssembly.Module | undefined;

/**
 * The interpreter that `npm run build:interpreter` made of assembly/, compiled once per thread.
 *
 * @throws {EnvironmentError} KOMA_E_INTERPRETER_NOT_BUILT
 */
export function interpreterModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const path = join(packageRoot(), "dist", "interpreter.wasm");
    if (!existsSync(path)) {
      throw new EnvironmentError("KOMA_E_INTERPRETER_NOT_BUILT", "The EVM's interpreter has not been compiled.", {
        facts: { path },
        fix: ["npm run build:interpreter"],
      });
    }
    compiled = new WebAssembly.Module(readFileSync(path));
  }
  return compiled;
}
