import { invalidParams } from "./json-rpc-error.ts";
import type { Simulation, SimulationBlock } from "./node-api.ts";
import {
  isAbsent,
  readArray,
  readBlockOverrides,
  readBoolean,
  readCallRequest,
  readObject,
  readStateOverrides,
} from "./params.ts";

/** As execution-apis suggests; how many blocks they make, with gaps, is counted again where they run. */
const MAX_BLOCKS = 256;
/** More than the gas of one simulation could pay for. */
const MAX_CALLS = 5_000;

/** The first parameter of `eth_simulateV1`, and whether transactions are wanted whole. */
export function readSimulation(
  value: unknown,
  name: string,
): { readonly simulation: Simulation; readonly fullTransactions: boolean } {
  const fields = readObject(value, name);
  const flag = (key: string) => readBoolean(fields[key], `${name}.${key}`, false);
  const asked = readArray(fields["blockStateCalls"], `${name}.blockStateCalls`, MAX_BLOCKS);
  if (asked.length === 0) throw invalidParams(`${name}.blockStateCalls`, "empty input");
  return {
    simulation: {
      blocks: asked.map((block, index) => readBlock(block, `${name}.blockStateCalls[${index}]`)),
      validation: flag("validation"),
      traceTransfers: flag("traceTransfers"),
    },
    fullTransactions: flag("returnFullTransactions"),
  };
}

function readBlock(value: unknown, name: string): SimulationBlock {
  const { blockOverrides, stateOverrides, calls } = readObject(value, name);
  const state = readStateOverrides(stateOverrides, `${name}.stateOverrides`);
  const block = readBlockOverrides(blockOverrides, `${name}.blockOverrides`);
  if (!isAbsent(blockOverrides)) refuseWithdrawals(blockOverrides as object, `${name}.blockOverrides`);
  const requests = isAbsent(calls) ? [] : readArray(calls, `${name}.calls`, MAX_CALLS);
  return {
    ...(state ? { state } : {}),
    ...(block ? { block } : {}),
    calls: requests.map((call, index) => readCallRequest(call, `${name}.calls[${index}]`)),
  };
}

function refuseWithdrawals(overrides: { readonly withdrawals?: unknown }, name: string): void {
  const { withdrawals } = overrides;
  if (isAbsent(withdrawals) || (Array.isArray(withdrawals) && withdrawals.length === 0)) return;
  throw invalidParams(`${name}.withdrawals`, "blocks of this chain have no withdrawals");
}
