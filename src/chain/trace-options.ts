/** What a trace tells, as plain data, with the options of go-ethereum: every instruction, the calls, or the state they need. */
export type TraceOptions =
  | {
      readonly kind: "struct";
      readonly memory: boolean;
      readonly stack: boolean;
      readonly storage: boolean;
      readonly returnData: boolean;
      /** Most steps; 0 for all. */
      readonly limit: number;
    }
  | { readonly kind: "calls"; readonly onlyTop: boolean; readonly logs: boolean }
  | { readonly kind: "prestate"; readonly diff: boolean };
