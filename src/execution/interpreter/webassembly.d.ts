// What this project uses of WebAssembly, which neither the ES library nor @types/node declares.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    /** @returns the former size; throws RangeError where there is no room */
    grow(pages: number): number;
  }
  interface Global {
    readonly value: number;
  }
  class Instance {
    constructor(
      module: Module,
      imports: Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>,
    );
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
