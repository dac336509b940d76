import { ErrorFragment, Interface, type InterfaceAbi } from "ethers";
import { type KomaError, ProtocolError } from "../errors.ts";
import type { Hex } from "../primitives/index.ts";
import { type Artifacts, loadArtifacts } from "./artifacts.ts";
import { RootRpcError } from "./json-rpc.ts";
import { type ErrorArgument, REFUSALS } from "./refusals.ts";

/** A custom error of one of our contracts, or Solidity's own `Error` and `Panic`. */
export interface ContractError {
  readonly name: string;
  /** By the parameters' names; unnamed ones by their index. */
  readonly args: Readonly<Record<string, ErrorArgument>>;
}

const errorTables = new WeakMap<Artifacts, Interface>();

/** Decodes revert data; undefined when it belongs to no contract of ours. */
export function decodeContractError(data: Hex, artifacts: Artifacts = loadArtifacts()): ContractError | undefined {
  if (data.length < 10) return undefined;
  const table = errorTable(artifacts);
  const fragment = table.getError(data.slice(0, 10));
  if (!fragment) return undefined;
  try {
    const values = table.decodeErrorResult(fragment, data);
    const args = fragment.inputs.map((input, index) => [
      input.name || String(index),
      plainArgument(values[index] as unknown),
    ]);
    return { name: fragment.name, args: Object.fromEntries(args) as ContractError["args"] };
  } catch {
    // The selector is ours, the rest is not: somebody else's error with the same four bytes.
    return undefined;
  }
}

/** `Name(arg: 1, other: 0x…)`, for logs and for errors without a translation. */
export function describeContractError(error: ContractError): string {
  const args = Object.entries(error.args).map(([name, value]) => `${name}: ${value}`);
  return args.length === 0 ? error.name : `${error.name}(${args.join(", ")})`;
}

/**
 * What a person is told when the root chain refused.
 *
 * @param action what was attempted, as in "stake 50 KMC": the sentence becomes "Cannot stake 50 KMC: …"
 * @param cause the transport's error; anything but a revert is passed on as it is
 */
export function refusalOf(action: string, cause: unknown, artifacts: Artifacts = loadArtifacts()): unknown {
  if (!(cause instanceof RootRpcError) || cause.data === undefined) return cause;
  return refusalFromData(action, cause.data, cause, artifacts);
}

/** As {@link refusalOf}, from the revert's data alone. */
export function refusalFromData(action: string, data: Hex, cause?: unknown, artifacts?: Artifacts): KomaError {
  const error = decodeContractError(data, artifacts ?? loadArtifacts());
  if (!error) {
    return new ProtocolError("KOMA_E_ROOTCHAIN_REVERTED", `Cannot ${action}: the root chain reverted.`, {
      facts: { data: data.slice(0, 200) },
      cause,
    });
  }
  const known = REFUSALS[error.name];
  const sentence = known?.sentence(error.args) ?? `the root chain answered ${describeContractError(error)}.`;
  return new ProtocolError(known?.code ?? "KOMA_E_ROOTCHAIN_REVERTED", `Cannot ${action}: ${sentence}`, {
    facts: { contractError: error.name, ...error.args },
    ...(known?.fix ? { fix: known.fix } : {}),
    cause,
  });
}

/** Every error of every contract once, with Solidity's own two. */
function errorTable(artifacts: Artifacts): Interface {
  const known = errorTables.get(artifacts);
  if (known) return known;
  const fragments = new Map<string, ErrorFragment>();
  for (const artifact of artifacts.all()) {
    for (const item of artifact.abi) {
      if (item.type !== "error") continue;
      const fragment = ErrorFragment.from(item);
      if (!fragments.has(fragment.selector)) fragments.set(fragment.selector, fragment);
    }
  }
  const table = new Interface([
    ...fragments.values(),
    "error Error(string reason)",
    "error Panic(uint256 code)",
  ] as InterfaceAbi);
  errorTables.set(artifacts, table);
  return table;
}

function plainArgument(value: unknown): ErrorArgument {
  if (typeof value === "bigint" || typeof value === "boolean") return value;
  return typeof value === "string" ? value.slice(0, 500) : JSON.stringify(value).slice(0, 500);
}
