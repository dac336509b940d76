import { Interface } from "ethers";
import {
  type Address,
  addressWord,
  type Bytes,
  bytesToBigint,
  concatBytes,
  domainSeparator,
  type Hash,
  hashFromBytes,
  hashToBytes,
  hexToBytes,
  keccak256,
  structHash,
  typedDigest,
  wordOf,
} from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";
import type { Quorum } from "./certificate.ts";

/** What one member of an era's committee did. */
export interface SignerWork {
  readonly signer: Address;
  readonly weight: number;
  readonly asked: number;
  readonly came: number;
  readonly expected: number;
  readonly made: number;
}

/** What `ProducerStats.record` takes; fields as in the contract. */
export interface EraWork {
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly lastBlockHash: Hash;
  readonly entries: readonly bigint[];
}

/** A record with the signatures that it takes. */
export interface WorkCertificate extends Quorum {
  readonly work: EraWork;
}

const TYPE = "EraWork(uint64 firstBlock,uint64 lastBlock,bytes32 lastBlockHash,uint256[] entries)";

const PRODUCER_STATS = new Interface([
  "function record((uint64 firstBlock,uint64 lastBlock,bytes32 lastBlockHash,uint256[] entries) work, uint256 signers, bytes signatures)",
]);

export const producerStatsAddress: Address = predeployAddresses.ProducerStats;

/** Blocks of which the chain still knows the hash (BLOCKHASH): what is not recorded by then never is. */
export const RECORDABLE_BLOCKS = 256n;

/** Counts have 16 bits: an era of more rounds than that says no more of them. */
const MAX_COUNT = 0xffff;
const SHARE_ONE = 1_000_000_000n;

/**
 * The record of an era. Shares of the weight are billionths, rounded down; members with nothing to tell are left out.
 *
 * @param range  all blocks of the era, and the hash of the last
 */
export function eraWorkOf(range: Omit<EraWork, "entries">, members: readonly SignerWork[]): EraWork {
  const total = BigInt(members.reduce((sum, { weight }) => sum + weight, 0));
  const count = (value: number) => BigInt(Math.min(value, MAX_COUNT));
  const entries = members
    .filter(({ asked, expected }) => asked > 0 || expected > 0)
    .map(({ signer, weight, asked, came, expected, made }) => {
      const share = (BigInt(weight) * SHARE_ONE) / total;
      return (
        bytesToBigint(addressWord(signer)) |
        (count(asked) << 160n) |
        (count(came) << 176n) |
        (count(expected) << 192n) |
        (count(made) << 208n) |
        (share << 224n)
      );
    });
  return { ...range, entries };
}

/** What a validator signs: the digest that `ProducerStats.digestOf` answers. */
export function workId({ firstBlock, lastBlock, lastBlockHash, entries }: EraWork, chainId: bigint): Hash {
  const domain = domainSeparator({
    name: "KOMA ProducerStats",
    version: "1",
    chainId,
    verifyingContract: producerStatsAddress,
  });
  const fields: Bytes[] = [
    wordOf(firstBlock),
    wordOf(lastBlock),
    hashToBytes(lastBlockHash),
    keccak256(concatBytes(...entries.map(wordOf))),
  ];
  return hashFromBytes(typedDigest(domain, structHash(TYPE, fields)));
}

/** Call data of `ProducerStats.record`. */
export function workCalldata({ work, signers, signatures }: WorkCertificate): Bytes {
  const { firstBlock, lastBlock, lastBlockHash, entries } = work;
  const fields = [firstBlock, lastBlock, lastBlockHash, entries];
  return hexToBytes(PRODUCER_STATS.encodeFunctionData("record", [fields, signers, concatBytes(...signatures)]));
}

/** Gas that recording takes beside its call data, with room: measured with 150 validators in `ProducerStats.t.sol`. */
export function workGas({ work, signatures }: WorkCertificate): bigint {
  return 120_000n + 9_000n * BigInt(signatures.length) + 27_000n * BigInt(work.entries.length);
}
