import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BugError, EnvironmentError } from "../../errors.ts";

let compiled: WebAssembly.Module | undefined;

/**
 * The interpreter that `npm run build:interpreter` made of assembly/, compiled once per thread.
 *
 * @throws {EnvironmentError} KOMA_E_INTERPRETER_NOT_BUILT
 */
export function interpreterModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const path = shippedFile();
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

/** `dist/interpreter.wasm` of this package: both `src` and `dist/src` are below its manifest. */
function shippedFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new BugError(`${import.meta.url} is outside every package`);
    folder = parent;
  }
  return join(folder, "dist", "interpreter.wasm");
}
