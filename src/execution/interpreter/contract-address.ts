import {
  type Address,
  addressFromBytes,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  concatBytes,
  encodeRlp,
  keccak256,
} from "../../primitives/index.ts";

const CREATE2_PREFIX = new Uint8Array([0xff]);

/** Where CREATE and a transaction put a contract: keccak256(rlp([sender, nonce])), the last 20 bytes. */
export function createdAddress(sender: Address, nonce: bigint): Address {
  return addressFromBytes(keccak256(encodeRlp([addressToBytes(sender), bigintToBytes(nonce)])).slice(12));
}

/**
 * Where CREATE2 puts one: keccak256(0xff ‖ sender ‖ salt ‖ keccak256(initcode)), the last 20 bytes (EIP-1014).
 *
 * @param salt  32 bytes
 */
export function saltedAddress(sender: Address, salt: Bytes, initcode: Bytes): Address {
  const whole = concatBytes(CREATE2_PREFIX, addressToBytes(sender), salt, keccak256(initcode));
  return addressFromBytes(keccak256(whole).slice(12));
}
