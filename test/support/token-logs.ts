import {
  type Address,
  addressWord,
  type Bytes,
  bigintToFixedBytes,
  concatBytes,
  hexToBytes,
  keccak256,
  utf8,
} from "../../src/primitives/index.ts";

/** A contract that says what it is told: it emits its calldata as a log of four topics and 224 bytes. */
export const logEmitter: Bytes = hexToBytes("0x365f5f376060516040516020515f5160e06080a400");

const LOG_TRANSFER = keccak256(
  utf8("LogTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256,uint64,uint64)"),
);

/** Balance and running number of one side of a transfer. */
export interface TokenSide {
  readonly account: Address;
  readonly input: bigint;
  readonly output: bigint;
  readonly seq: bigint;
}

/** Calldata for which {@link logEmitter} emits the `LogTransfer` of a standard token. */
export function transferLog(rootToken: Address, amount: bigint, from: TokenSide, to: TokenSide): Bytes {
  const words = [amount, from.input, to.input, from.output, to.output, from.seq, to.seq];
  return concatBytes(
    LOG_TRANSFER,
    ...[rootToken, from.account, to.account].map(addressWord),
    ...words.map((word) => bigintToFixedBytes(word, 32)),
  );
}
