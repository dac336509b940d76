import type { Machine } from "./machine.ts";
import type { InterpreterEnvironment } from "./message.ts";

/** Puts the words of a block where the instructions find them. */
export function writeEnvironment(machine: Machine, environment: InterpreterEnvironment): void {
  const { layout } = machine;
  machine.setAddress(layout.COINBASE, environment.coinbase);
  machine.setWord(layout.TIMESTAMP, environment.timestamp);
  machine.setWord(layout.NUMBER, environment.number);
  machine.setWord(layout.PREV_RANDAO, BigInt(environment.prevRandao));
  machine.setWord(layout.GAS_LIMIT, environment.gasLimit);
  machine.setWord(layout.CHAIN_ID, environment.chainId);
  machine.setWord(layout.BASE_FEE, environment.baseFeePerGas);
  machine.setWord(layout.BLOB_BASE_FEE, environment.blobBaseFee);
}
