import {
  type Address,
  addressWord,
  type Bytes,
  bytesToHex,
  type Hash,
  hashFromBytes,
  hexToBytes,
  parseAddress,
  wordOf,
} from "../primitives/index.ts";
import { type Artifacts, loadArtifacts } from "./artifacts.ts";
import { type RootSeat, rootInfoStorage } from "./root-info-layout.ts";
import { deterministicDeploymentProxy, multicall3 } from "./well-known-contracts.ts";

/** An account of a genesis, as a genesis file has it. */
export interface PredeployedAccount {
  /** Wei of KMC. */
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Bytes;
  readonly storage?: Readonly<Record<Hash, Hash>>;
}

/** Where the system contracts of every KOMA chain stand: "KOMA" in ASCII, 15 zero bytes, an index. */
export const predeployAddresses = {
  ChildBridge: systemAddress(0x01),
  KomaNative: systemAddress(0x02),
  ChildTokenFactory: systemAddress(0x06),
  ProducerStats: systemAddress(0x07),
  RootInfo: systemAddress(0x08),
} as const satisfies Readonly<Record<string, Address>>;

/** Where the bridge between side-chains will stand. Nothing is deployed there yet; its logs are judged (kind 19). */
export const crossBridgeAddress: Address = systemAddress(0x03);

export interface PredeployOptions {
  /** Native coins that are not in circulation at genesis, wei: what deposits are paid from. */
  readonly nativePoolWei: bigint;
  /** KMC on the root chain: named in every withdrawal of native coins. */
  readonly kmc: Address;
  /**
   * The first validators, for `RootInfo`: those of the genesis, in the seats that they take on the root chain. Without any,
   * the committee never follows the root chain.
   */
  readonly seats?: readonly RootSeat[];
}

/**
 * The system contracts as accounts of a genesis, with the two contracts that tools look for. None of them was
 * constructed: code and storage are all there is.
 *
 * @throws {EnvironmentError} KOMA_E_CONTRACTS_NOT_BUILT
 */
export function predeployAlloc(
  options: PredeployOptions,
  artifacts: Artifacts = loadArtifacts(),
): Readonly<Record<Address, PredeployedAccount>> {
  const system = (name: keyof typeof predeployAddresses): PredeployedAccount => ({
    balance: 0n,
    // A contract's account starts at nonce 1 (EIP-161); the factory's CREATE2 counts on from there.
    nonce: 1n,
    code: hexToBytes(artifacts.of(name).deployedBytecode),
  });
  return {
    [predeployAddresses.ChildBridge]: system("ChildBridge"),
    [predeployAddresses.KomaNative]: {
      ...system("KomaNative"),
      balance: options.nativePoolWei,
      storage: { [hashFromBytes(wordOf(0))]: hashFromBytes(addressWord(options.kmc)) },
    },
    [predeployAddresses.ChildTokenFactory]: system("ChildTokenFactory"),
    [predeployAddresses.ProducerStats]: system("ProducerStats"),
    [predeployAddresses.RootInfo]: {
      ...system("RootInfo"),
      ...(options.seats ? { storage: rootInfoStorage(options.seats) } : {}),
    },
    ...Object.fromEntries(
      [deterministicDeploymentProxy, multicall3].map(({ address, deployedBytecode }) => [
        address,
        { balance: 0n, nonce: 1n, code: hexToBytes(deployedBytecode) },
      ]),
    ),
  };
}

function systemAddress(index: number): Address {
  const bytes = new Uint8Array(20);
  bytes.set([0x4b, 0x4f, 0x4d, 0x41]);
  bytes[19] = index;
  return parseAddress(bytesToHex(bytes));
}
