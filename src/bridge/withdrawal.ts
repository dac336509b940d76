import { Interface } from "ethers";
import { type Address, type Bytes, hexToBytes } from "../primitives/index.ts";

const BURNS = new Interface([
  "function withdrawTo(address recipient) payable",
  "function withdrawTo(address recipient, uint256 amount)",
]);

/** Call data of `KomaNative.withdrawTo`: the coins sent along are burned for an exit to `recipient`. */
export function burnNativeCalldata(recipient: Address): Bytes {
  return hexToBytes(BURNS.encodeFunctionData("withdrawTo(address)", [recipient]));
}

/** Call data of a child token's `withdrawTo`. @param amount in the token's smallest unit */
export function burnTokenCalldata(recipient: Address, amount: bigint): Bytes {
  return hexToBytes(BURNS.encodeFunctionData("withdrawTo(address,uint256)", [recipient, amount]));
}
