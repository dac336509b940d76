import { BugError, EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";

/** Nobody executed this block here, or it lost against another one. */
export function blockUnknown(block: Hash | bigint): ProtocolError {
  return new ProtocolError("KOMA_E_BLOCK_UNKNOWN", `Block ${block} is not known here.`, { facts: { block } });
}

/** The state after this block cannot be read any more, or was taken back. */
export function stateUnavailable(block: bigint, oldest: bigint): ProtocolError {
  // Tools look for go-ethereum's "missing trie node" to tell that they need an archive.
  return new ProtocolError(
    "KOMA_E_STATE_UNAVAILABLE",
    `missing trie node: state after block ${block} is not available`,
    {
      facts: { block, oldest },
      fix: [`Ask for block ${oldest} or a later one, or ask an archive node.`],
    },
  );
}

/** Rows on the disk do not give the root that the header of the head promises. */
export function stateCorrupt(what: string, expected: Hash, found: Hash): EnvironmentError {
  return new EnvironmentError("KOMA_E_STATE_CORRUPT", `The stored state is damaged: ${what} has another root.`, {
    facts: { expected, found },
    fix: ["Move the data directory away and let the node fetch the chain again."],
  });
}

export function genesisMismatch(stored: Hash, given: Hash): UserError {
  return new UserError("KOMA_E_GENESIS_MISMATCH", "The data directory belongs to a chain with another genesis.", {
    facts: { stored, given },
    fix: ["Give the genesis file of that chain, or another data directory."],
  });
}

/** A transaction the producer has to include does not fit the state. */
export function systemTransactionRefused(hash: Hash, reason: string): ProtocolError {
  return new ProtocolError("KOMA_E_SYSTEM_TRANSACTION", `A system transaction cannot be included: ${reason}.`, {
    facts: { hash, reason },
  });
}

/** More blocks stand beside the final chain below this one than are kept. No verdict about it. */
export function sideChainTooLong(block: Hash, length: number): ProtocolError {
  return new ProtocolError(
    "KOMA_E_SIDE_CHAIN_TOO_LONG",
    `Block ${block} ends a chain of ${length} blocks beside the final one, too long to be followed.`,
    { facts: { block, length } },
  );
}

export function callsBusy(waiting: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_CALLS_BUSY", "Too many calls are waiting for the EVM.", {
    facts: { waiting },
    fix: ["Try again, with fewer calls at once."],
  });
}

export function callTimedOut(limitMs: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_CALL_TIMEOUT", `The call ran longer than ${limitMs} ms.`, {
    facts: { limitMs },
    fix: ["Ask for less work in one call, or run your own node with a longer limit."],
  });
}

export function proofTooFar(block: bigint, limitMs: number): ProtocolError {
  return new ProtocolError("KOMA_E_PROOF_TOO_OLD", `Too much has changed since block ${block} to prove its state.`, {
    facts: { block, limitMs },
    fix: ["Ask for the proof of a later block."],
  });
}

export function notInitialised(): BugError {
  return new BugError("the executor was used before init()");
}
