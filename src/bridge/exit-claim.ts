import type { Log } from "../chain/index.ts";
import { type ChainArchive, proveBlockInCheckpoint } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import { type Address, addressFromBytes, type Hash, hashToBytes, keccakHash, utf8 } from "../primitives/index.ts";
import { type LogProof, proveLog } from "../proofs/index.ts";

/** Topic of the log that every burn leaves, of a token or of the native coin. */
export const withdrawTopic: Hash = keccakHash(utf8("Withdraw(address,address,address,uint256,uint256,uint256,uint64)"));

/** A burn: tokens destroyed on koma so that they can leave. */
export interface Burn {
  readonly token: Address;
  readonly rootToken: Address;
  readonly account: Address;
  readonly recipient: Address;
  readonly amount: bigint;
  readonly block: bigint;
  readonly txIndex: number;
  /** Place of the log in its receipt. */
  readonly logIndex: number;
}

/** Reads a `Withdraw` log; undefined for any other. */
export function parseBurn(log: Log): Omit<Burn, "block" | "txIndex" | "logIndex"> | undefined {
  if (log.topics[0] !== withdrawTopic || log.topics.length !== 4 || log.data.length !== 128) return undefined;
  const [, rootToken, account, recipient] = log.topics as [Hash, Hash, Hash, Hash];
  const addressIn = (topic: Hash) => addressFromBytes(hashToBytes(topic).subarray(12));
  return {
    token: log.address,
    rootToken: addressIn(rootToken),
    account: addressIn(account),
    recipient: addressIn(recipient),
    amount: BigInt(`0x${Buffer.from(log.data.subarray(0, 32)).toString("hex")}`),
  };
}

/** What `WithdrawManager.startExit` takes, and what it is about. */
export interface ExitClaim {
  readonly burn: Burn;
  readonly checkpoint: bigint;
  readonly proof: LogProof;
}

/**
 * Proof of the burn that a transaction made, against the checkpoint that covers its block.
 *
 * @param which  place of the burn among the burns of the transaction, when it made several
 * @throws {UserError} KOMA_E_NO_BURN, KOMA_E_NOT_CHECKPOINTED
 */
export async function claimExit(
  archive: ChainArchive,
  transaction: { readonly hash: Hash; readonly block: bigint; readonly index: number },
  which = 0,
): Promise<ExitClaim> {
  const { proof, archived, opened } = await proveBlockInCheckpoint(archive, transaction.block);
  const logs = archived.receipts[transaction.index]?.logs ?? [];
  const burns = logs.flatMap((log, logIndex) => {
    const burn = parseBurn(log);
    return burn ? [{ ...burn, block: transaction.block, txIndex: transaction.index, logIndex }] : [];
  });
  const burn = burns[which];
  if (!burn) {
    throw new UserError("KOMA_E_NO_BURN", `Transaction ${transaction.hash} burned nothing that could exit.`, {
      facts: { transaction: transaction.hash, burns: burns.length },
      fix: ["Burn with: koma bridge withdraw --token KMC --amount 1"],
    });
  }
  return {
    burn,
    checkpoint: opened.checkpoint.number,
    proof: proveLog(proof, archived.receipts, transaction.index, burn.logIndex),
  };
}
