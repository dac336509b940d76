import { getAddress, getCreateAddress } from "ethers";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { BugError, UserError } from "../errors.ts";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  checksumAddress,
  isAddress,
  parseAddress,
  zeroAddress,
} from "./address.ts";

describe("an address", () => {
  // The examples of EIP-55.
  test.each([
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  ])("%s has its checksum", (text) => {
    const address = parseAddress(text);
    expect(address).toBe(text.toLowerCase());
    expect(getAddress(text)).toBe(checksumAddress(address));
    expect(parseAddress(checksumAddress(address))).toBe(address);
  });

  it("may be all lower or all upper case", () => {
    const digits = "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    expect(parseAddress(`0x${digits}`)).toBe(`0x${digits}`);
    expect(parseAddress(`0x${digits.toUpperCase()}`)).toBe(`0x${digits}`);
  });

  test.each([
    ["a wrong checksum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"],
    ["39 digits", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae"],
    ["41 digits", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd"],
    ["no 0x", "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"],
    ["a letter that is no digit", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg"],
    ["nothing", ""],
  ])("with %s is refused", (_, text) => {
    expect(() => parseAddress(text)).toThrow(UserError);
  });

  it("is 20 bytes", () => {
    expect(addressToBytes(zeroAddress)).toEqual(new Uint8Array(20));
    expect(() => addressFromBytes(new Uint8Array(19))).toThrow(BugError);
    expect(isAddress(12)).toBe(false);
  });
});

test("the checksum is that of ethers for any address", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
      const address = addressFromBytes(bytes);
      expect(checksumAddress(address)).toBe(getAddress(address));
      expect(addressToBytes(address)).toEqual(new Uint8Array(bytes));
    }),
  );
});

test("addresses of ethers are ours in lower case", () => {
  const created = getCreateAddress({ from: zeroAddress, nonce: 1 });
  expect(parseAddress(created)).toBe(created.toLowerCase() as Address);
});
