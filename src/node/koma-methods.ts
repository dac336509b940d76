import { encodeBlock, encodeHeader, encodeReceipt } from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import { bytesToHex, type Hash, timestamp } from "../primitives/index.ts";
import { type ExtraMethod, invalidParams, isAbsent, readHash, readQuantity } from "../rpc/index.ts";
import type { ChainView, KnownBlock } from "./chain-view.ts";
import type { ConsensusDriver } from "./consensus-driver.ts";

export interface KomaMethodParts {
  readonly chain: ChainView;
  readonly driver: ConsensusDriver;
  /** Newest block final at a threshold, over all eras. */
  readonly finalAt: (fraction: number) => Hash;
  readonly clock: Clock;
}

/**
 * Methods beyond Ethereum's standard set: raw bytes for provers (`debug_getRaw…`, as go-ethereum names them) and what consensus
 * knows of itself.
 */
export function komaMethods({ chain, driver, finalAt, clock }: KomaMethodParts): Readonly<Record<string, ExtraMethod>> {
  function blockOf(param: unknown): KnownBlock {
    const hash = hashOf(param);
    const known = hash && chain.known(hash);
    if (!known) throw new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "unknown block", { facts: { block: String(param) } });
    return known;
  }

  function hashOf(param: unknown): Hash | undefined {
    if (isAbsent(param) || param === "latest") return chain.head.hash;
    if (typeof param !== "string") throw invalidParams("block", "expected a number, a hash or latest");
    return param.length === 66 ? readHash(param, "block") : chain.hashAt(readQuantity(param, "block"));
  }

  return {
    debug_getRawBlock: ([block]) => bytesToHex(encodeBlock(blockOf(block).block)),
    debug_getRawHeader: ([block]) => bytesToHex(encodeHeader(blockOf(block).block.header)),
    debug_getRawReceipts: ([block]) => blockOf(block).receipts.map((receipt) => bytesToHex(encodeReceipt(receipt))),
    koma_consensus() {
      const status = driver.core.status(timestamp(clock.now()));
      const { committee, keyBlock, id } = status.instance;
      return {
        instance: id,
        generation: status.generation,
        era: status.era,
        keyBlock: keyBlock.height,
        slot: status.slot,
        round: status.round,
        leader: committee.validators[status.leader]?.signer,
        units: status.units,
        pendingUnits: status.pendingUnits,
        onlineWeight: status.onlineWeight,
        faultyWeight: status.faultyWeight,
        totalWeight: status.totalWeight,
        paused: status.paused,
        synced: status.synced,
        head: status.head && { height: status.head.height, unit: status.head.unit },
        finality: status.finals.map(({ threshold, fraction, violated }) => ({
          threshold,
          fraction,
          violated,
          height: Number(chain.header(finalAt(fraction))?.number ?? 0n),
        })),
        validators: status.validators.map((validator) => ({
          ...validator,
          signer: committee.validators[validator.index]?.signer,
          weight: committee.validators[validator.index]?.weight,
          producer: committee.validators[validator.index]?.producer,
        })),
      };
    },
  };
}
