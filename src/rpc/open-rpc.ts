import { type DescribedMethod, describedMethods } from "./method-descriptions.ts";

/** JSON Schemas of parameters by their names in the descriptions. */
const schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  address: { type: "string", pattern: "^0x[0-9a-fA-F]{40}$" },
  hash: { type: "string", pattern: "^0x[0-9a-fA-F]{64}$" },
  data: { type: "string", pattern: "^0x([0-9a-fA-F]{2})*$" },
  transaction: { type: "string", pattern: "^0x([0-9a-fA-F]{2})*$" },
  slot: { type: "string", pattern: "^0x[0-9a-fA-F]{1,64}$" },
  slots: { type: "array", items: { type: "string", pattern: "^0x[0-9a-fA-F]{1,64}$" } },
  index: { type: "string", pattern: "^0x(0|[1-9a-fA-F][0-9a-fA-F]*)$" },
  block: { type: ["string", "object"], description: "A number, a hash, a tag or the object of EIP-1898." },
  full: { type: "boolean" },
  id: { type: "string" },
  call: { type: "object" },
  filter: { type: "object" },
  overrides: { type: "object" },
  blockOverrides: { type: "object" },
  options: { type: "object" },
};

/** Parameters that may be left out. */
const optional = new Set(["block", "full", "overrides", "blockOverrides", "options", "slots"]);

/**
 * The answer to `rpc.discover`: what the server answers, for programs.
 *
 * @param methods  names of all methods, sorted
 * @see https://spec.open-rpc.org, version 1.3.2
 */
export function openRpcDocument(methods: readonly string[], version: string) {
  return {
    openrpc: "1.3.2",
    info: {
      title: "KOMA node",
      version,
      description: "Ethereum's JSON-RPC and what a KOMA node adds to it.",
      license: { name: "Apache-2.0" },
    },
    methods: methods.flatMap((name) => {
      const described = describedMethods[name];
      return described === undefined ? [] : [describe(name, described)];
    }),
  };
}

function describe(name: string, { params, does }: DescribedMethod) {
  return {
    name,
    summary: does.replaceAll("`", ""),
    paramStructure: "by-position",
    params: parameterNames(params).map((parameter) => ({
      name: parameter,
      required: !optional.has(parameter),
      schema: schemas[parameter] ?? {},
    })),
    result: { name: "result", description: does.replaceAll("`", ""), schema: {} },
  };
}

/** The names in a description's list; an object or a choice of words written in backticks is one parameter. */
function parameterNames(params: string): readonly string[] {
  if (params === "") return [];
  let quoted = 0;
  return params
    .replaceAll(/`[^`]*`(?:(?:, | or )`[^`]*`)*/g, () => (quoted++ === 0 ? "subject" : "options"))
    .split(", ")
    .map((name) => name.trim());
}
