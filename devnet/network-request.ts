import { parseNetworkName } from "../src/cli/index.ts";
import { UserError } from "../src/errors.ts";
import { type Network, parseNetwork } from "./network.ts";
import { atPlace, type NetworkFile } from "./network-file.ts";
import { named } from "./network-reader.ts";

/** What `koma devnet up` was asked for: a network file or the preset, and changes to it. */
export interface NetworkRequest {
  /** Undefined: the preset. */
  readonly file?: NetworkFile;
  readonly name?: string;
  readonly validators?: number;
  readonly producers?: number;
  /** URL of a root chain that runs already. */
  readonly l1?: string;
  /** `chains[0].checkpoint.every=8`. */
  readonly set?: readonly string[];
}

export const MAX_PRESET_VALIDATORS = 16;

/** True when the request says anything about the network's shape; its name alone does not. */
export function asksForShape(request: NetworkRequest): boolean {
  const { file, validators, producers, l1, set } = request;
  return [file, validators, producers, l1].some((value) => value !== undefined) || (set ?? []).length > 0;
}

/** @throws {UserError} KOMA_E_NETWORK_INVALID; for a key of a file with line and column */
export function resolveNetwork(request: NetworkRequest): Network {
  const { file } = request;
  const raw = structuredClone(file ? file.value : preset(request.validators ?? 4, request.producers));
  if (file && (request.validators !== undefined || request.producers !== undefined)) {
    throw new UserError("KOMA_E_NETWORK_INVALID", "--validators and --producers do not go with a network file.", {
      fix: ["Change the file's nodes, or use --set nodes[0].count=7."],
    });
  }
  try {
    if (typeof raw !== "object" || raw === null) return parseNetwork(raw);
    if (request.l1 !== undefined) applySetting(raw, `l1.url=${request.l1}`);
    if (request.name !== undefined) (raw as Record<string, unknown>)["name"] = request.name;
    for (const setting of request.set ?? []) applySetting(raw, setting);
    return parseNetwork(raw);
  } catch (error) {
    throw file ? atPlace(file, error) : error;
  }
}

/**
 * Name that a network file gives itself; undefined when it has none, or no text, which parsing refuses later.
 *
 * @throws {UserError} KOMA_E_NETWORK_INVALID with line and column
 */
export function nameOfFile(file: NetworkFile | undefined): string | undefined {
  const { name } = (file?.value ?? {}) as { readonly name?: unknown };
  if (!file || typeof name !== "string") return undefined;
  try {
    return named(parseNetworkName)(name, "name");
  } catch (error) {
    throw atPlace(file, error);
  }
}

/** `standard`: equal validators on one chain, anvil as root chain; the first ones produce blocks, at most seven. */
function preset(validators: number, producers = Math.min(validators, 7)): unknown {
  if (!Number.isInteger(validators) || validators < 1 || validators > MAX_PRESET_VALIDATORS) {
    throw new UserError(
      "KOMA_E_NETWORK_INVALID",
      `A devnet has 1 to ${MAX_PRESET_VALIDATORS} validators, not ${validators}.`,
      {
        fix: ["koma devnet up --validators 4"],
      },
    );
  }
  if (!Number.isInteger(producers) || producers < 1 || producers > Math.min(validators, 7)) {
    const limit = Math.min(validators, 7);
    throw new UserError("KOMA_E_NETWORK_INVALID", `There can be 1 to ${limit} producers, not ${producers}.`, {
      facts: { why: "Producers are validators, and a chain has at most seven.", validators, producers },
      fix: [`koma devnet up --validators ${validators} --producers ${limit}`],
    });
  }
  return {
    version: 1,
    nodes: Array.from({ length: validators }, (_, index) => ({
      name: `validator-${index}`,
      roles: index < producers ? ["validator", "producer"] : ["validator"],
    })),
  };
}

/** Applies `a.b[0].c=value`; the value is JSON where it reads as JSON, else a text. */
export function applySetting(target: object, setting: string): void {
  const [, path, value] = /^([A-Za-z0-9_.[\]]+)=(.*)$/s.exec(setting) ?? [];
  const steps = path
    ?.split(/\.|(?=\[)/)
    .map((step) => (/^\[[0-9]{1,3}\]$/.test(step) ? Number(step.slice(1, -1)) : step));
  if (
    !steps ||
    value === undefined ||
    steps.some((step) => typeof step === "string" && !/^[A-Za-z][A-Za-z0-9_]*$/.test(step))
  ) {
    throw new UserError("KOMA_E_NETWORK_INVALID", `"${setting.slice(0, 80)}" is not a setting.`, {
      fix: ["Write --set path=value, for example --set chains[0].checkpoint.every=8"],
    });
  }
  let place = target as Record<string | number, unknown>;
  for (const [index, step] of steps.slice(0, -1).entries()) {
    const next = steps[index + 1];
    // Own properties only: "constructor.x=1" must not reach a prototype.
    if (!Object.hasOwn(place, step) || typeof place[step] !== "object" || place[step] === null) {
      place[step] = typeof next === "number" ? [] : {};
    }
    place = place[step] as Record<string | number, unknown>;
  }
  place[steps.at(-1) as string | number] = parseValue(value);
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value; // a plain text, such as 20s
  }
}
