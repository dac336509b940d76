import type { Deposit, DepositRelay } from "../bridge/index.ts";
import {
  type Block,
  type BlockHeader,
  type BlockRejection,
  decodeBlock,
  describeBlockRejection,
  encodeBlock,
  type Genesis,
  hashHeader,
  nextBaseFee,
  sealHeader,
  type Transaction,
} from "../chain/index.ts";
import type { BlockRef, UnitHash } from "../consensus/index.ts";
import { KomaError } from "../errors.ts";
import type { ExecutedBlock, Executor, RuleChanges } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import {
  type Address,
  accept,
  type Bytes,
  type Check,
  type Hash,
  hashToBytes,
  keccakHash,
  reject,
} from "../primitives/index.ts";
import type { RootSetCertificate, WorkCertificate } from "../rootset/index.ts";
import type { TxPool } from "../txpool/index.ts";
import { createBlockLinks } from "./block-links.ts";
import { createBlockParents } from "./block-parents.ts";
import type { SealingKey, SealingKeys } from "./sealing-keys.ts";
import { createSystemTransactions } from "./system-transactions.ts";

/** What a fault behaviour changes about blocks; absent in honest nodes. */
export interface BlockFaults {
  /** Transactions that this producer, with the key that seals it, slips into the block on top of `parent`, after its deliveries. */
  extra(parent: BlockHeader, deliveries: readonly Transaction[], sealer: SealingKey): readonly Transaction[];
  /** What this producer delivers instead of the deposits that are due. */
  deliveries(due: readonly Deposit[]): readonly Deposit[];
  /** Rules by which blocks are built and accepted. */
  readonly rules: RuleChanges;
  /** Checkpoints are signed although deliveries in them are not the root chain's deposits. */
  readonly overlooksDeposits: boolean;
}

/** Turns consensus' opaque payloads into blocks that are executed, and back. */
export interface BlockService {
  /** Builds, executes and seals the block of a slot; undefined when the parent is not executed here, or it cannot be sealed. */
  build(slot: number, order: BuildOrder): Promise<Bytes | undefined>;
  /**
   * Executes a proposed block; `sealer` is the key that has to seal it. A block that comes late, when another one of its
   * height is final, is judged like any other: `invalid` holds for ever and has to be the same on every node, so it may not
   * depend on what is final here. What cannot be judged now is `unavailable`, which holds nothing against anybody.
   */
  validate(
    block: { readonly unit: UnitHash; readonly t: number; readonly payload: Bytes },
    parent: BlockRef | undefined,
    sealer: Address,
    key: Hash,
  ): Promise<"valid" | "invalid" | "unavailable">;
  /** Hash of the block that a unit carries, once it was executed here. */
  hashOf(unit: UnitHash): Hash | undefined;
  /** Unit that carries a block, if it is of this or of a recent era. */
  unitOf(block: Hash): UnitHash | undefined;
  /** Our own proposal was signed: the block that `build` made is carried by this unit. */
  adopt(unit: UnitHash, payloadHash: Hash): void;
  /** The unit of a block that was executed before a restart. */
  link(unit: UnitHash, block: Hash): void;
  /** A new generation begins: which unit carried which block of the one before is of no use any more. */
  forgetUnits(): void;
}

/** What a block is built from. */
export interface BuildOrder {
  /** Undefined: it stands on `key`, the key block of its era. */
  readonly parent: BlockRef | undefined;
  readonly key: Hash;
  /** Whose key seals it, and who is its coinbase. */
  readonly sealer: Address;
  /** Milliseconds since the Unix epoch. */
  readonly deadline: number;
}

export interface BlockPorts {
  readonly executor: Executor;
  readonly pool: TxPool;
  readonly deposits: DepositRelay;
  /** A set of the root chain that is signed for and not recorded in the state after a block. */
  readonly rootSetDue: (parent: Hash) => RootSetCertificate | undefined;
  /** The work of an ended era that is signed for and not recorded in the state after a block. */
  readonly workDue: (parent: Hash) => WorkCertificate | undefined;
  readonly sealing: SealingKeys;
  /** Whether a block is final and on disk already: after a restart consensus asks about some of those again. */
  readonly isFinal: (block: Hash) => boolean;
  /** A block of the running instance that is in consensus' state, with its payload from memory or disk. */
  readonly block: (unit: UnitHash) => BlockRef | undefined;
  /** Whether the root chain rejected a checkpoint because of this block. */
  readonly isBanned: (block: Hash) => boolean;
  /** What this node gets wrong on purpose about the block with that number. */
  readonly faults: (block: bigint) => BlockFaults | undefined;
  /** A block built here was signed and goes out. */
  readonly proposed: (block: Hash) => void;
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * Kept back from a block's time for what comes after its transactions: roots, seal, encoding, signing. A full pool would
 * otherwise fill every block beyond its deadline, and no block would ever be proposed.
 */
const FINISHING_MS = 80;

/** What the executor throws when it comes to no verdict about a block. */
const NO_VERDICT: ReadonlySet<string> = new Set(["KOMA_E_STATE_UNAVAILABLE", "KOMA_E_SIDE_CHAIN_TOO_LONG"]);

export function createBlockService(genesis: Genesis, ports: BlockPorts): BlockService {
  const { executor, pool, sealing, logger } = ports;
  const systemTransactions = createSystemTransactions(genesis.chainId, ports);
  const links = createBlockLinks();
  const parents = createBlockParents({ ...ports, chainId: genesis.chainId, links, execute });
  /** Blocks built here, by the hash of their payload, until their unit is signed. */
  const own = new Map<Hash, BlockHeader>();
  /** Until a block is judged, for those on top of it. */
  const judging = new Map<UnitHash, Promise<void>>();

  function execute(block: Block) {
    const rules = ports.faults(block.header.number)?.rules;
    return executor.executeBlock(block, rules ? { rules } : {});
  }

  async function assemble(
    slot: number,
    parent: Hash,
    header: BlockHeader,
    sealer: SealingKey,
    fromRootChain: readonly Transaction[],
    deadline: number,
  ): Promise<ExecutedBlock> {
    const faults = ports.faults(header.number + 1n);
    const built = await executor.buildBlock({
      parent,
      timestamp: BigInt(Math.floor(slot / 1000)),
      coinbase: sealer.address,
      prevRandao: randaoAfter(parent),
      transactions: pool.pending(
        nextBaseFee(header),
        (sender) => executor.stateAt(parent).account(sender)?.nonce ?? 0n,
      ),
      systemTransactions: [...fromRootChain, ...(faults?.extra(header, fromRootChain, sealer) ?? [])],
      gasLimit: genesis.gasLimit,
      deadline: () => ports.now() >= deadline - FINISHING_MS,
      seal: (unsealed) => sealHeader(unsealed, genesis.chainId, sealer.key),
      ...(faults ? { rules: faults.rules } : {}),
    });
    for (const { transaction, rejection } of built.skipped) {
      logger.debug({ transaction: transaction.hash, code: rejection.code }, "left out of the block");
    }
    return built;
  }

  return {
    async build(slot, { parent, key, sealer, deadline }) {
      const parentHash = parent ? links.hashOf(parent.unit) : key;
      const time = BigInt(Math.floor(slot / 1000));
      const signer = sealing.keyFor(sealer, time);
      if (!parentHash || !signer) return undefined;
      const header = executor.headerAt(parentHash);
      const faults = ports.faults(header.number + 1n);
      let executed: ExecutedBlock;
      try {
        executed = await assemble(
          slot,
          parentHash,
          header,
          signer,
          await systemTransactions(parentHash, header, signer, {
            timestamp: time,
            ...(faults ? { altered: faults.deliveries } : {}),
          }),
          deadline,
        );
      } catch (error) {
        if (!(error instanceof KomaError) || error.code !== "KOMA_E_SYSTEM_TRANSACTION") throw error;
        // A producer without a coin for the fee brings nothing along; its block still carries everybody else's transactions.
        logger.error({ error: error.message }, "this producer cannot pay for what the root chain sends");
        executed = await assemble(slot, parentHash, header, signer, [], deadline);
      }
      // From here on it may leave, and never another one of this time.
      if (!sealing.take(sealer, time)) return undefined;
      const payload = encodeBlock(executed.block);
      // One that came too late for its slot will never be signed.
      own.clear();
      own.set(keccakHash(payload), executed.block.header);
      return payload;
    },

    validate(proposed, parent, sealer, key) {
      // A block's parent is often the block that was asked about just before. Others do not wait for one another: one
      // that comes late may take its time.
      const before = parent && judging.get(parent.unit);
      const verdict = (before ?? Promise.resolve()).then(() => judge(proposed, parent, sealer, key));
      const done = () => {
        if (judging.get(proposed.unit) === judged) judging.delete(proposed.unit);
      };
      const judged = verdict.then(done, done);
      judging.set(proposed.unit, judged);
      return verdict;
    },

    hashOf: (unit) => links.hashOf(unit),
    unitOf: (block) => links.unitOf(block),
    adopt(unit, payloadHash) {
      const header = own.get(payloadHash);
      if (!header) return;
      const block = hashHeader(header);
      links.link(unit, block);
      own.clear();
      ports.proposed(block);
    },
    link: (unit, block) => links.link(unit, block),
    forgetUnits() {
      links.clear();
      own.clear();
    },
  };

  async function judge(
    proposed: Parameters<BlockService["validate"]>[0],
    parent: BlockRef | undefined,
    sealer: Address,
    key: Hash,
  ): Promise<"valid" | "invalid" | "unavailable"> {
    try {
      return await runAndJudge(proposed, parent, sealer, key);
    } catch (error) {
      if (!(error instanceof KomaError) || !NO_VERDICT.has(error.code)) throw error;
      logger.warn({ unit: proposed.unit, code: error.code, why: error.message }, "a block cannot be judged");
      return "unavailable";
    }
  }

  async function runAndJudge(
    proposed: Parameters<BlockService["validate"]>[0],
    parent: BlockRef | undefined,
    sealer: Address,
    key: Hash,
  ): Promise<"valid" | "invalid" | "unavailable"> {
    const parentHash = parent ? await parents(parent) : key;
    if (!parentHash) return "unavailable";
    const checked = decode(proposed, parentHash, sealer);
    if (!checked.ok) return refuse(proposed.unit, checked.rejection);
    const block = checked.value;
    if (ports.isBanned(block.hash)) {
      return refuse(proposed.unit, { code: "Slot", reason: "the root chain rejected it" });
    }
    if (!ports.isFinal(block.hash)) {
      const executed = await execute(block);
      // The parent was there a moment ago: it had to go, and will be run again.
      if (!executed.ok && executed.rejection.code === "UnknownParent") return "unavailable";
      if (!executed.ok) return refuse(proposed.unit, executed.rejection);
      if (!executor.block(block.hash) && !ports.isFinal(block.hash)) {
        const { number } = block.header;
        logger.info({ unit: proposed.unit, number }, "a block came after another one of its height was final");
      }
    }
    links.link(proposed.unit, block.hash);
    return "valid";
  }

  function refuse(unit: UnitHash, rejection: BlockRejection | SlotRejection): "invalid" {
    const why = rejection.code === "Slot" ? rejection.reason : describeBlockRejection(rejection);
    logger.warn({ unit, code: rejection.code, why }, "proposed block is invalid");
    return "invalid";
  }

  /** What ties a block to its slot (rule 19 of unit validity); the rest is the executor's. */
  function decode(
    proposed: { readonly t: number; readonly payload: Bytes },
    parent: Hash,
    sealer: Address,
  ): Check<Block, BlockRejection | SlotRejection> {
    const decoded = decodeBlock(proposed.payload, genesis.chainId, (hash) => pool.get(hash)?.sender);
    if (!decoded.ok) return decoded;
    const { header } = decoded.value;
    // Consensus and the chain have to mean the same parent, or what is final here would not be final there.
    if (header.parentHash !== parent) return reject({ code: "ParentHash", expected: parent, found: header.parentHash });
    if (header.timestamp !== BigInt(Math.floor(proposed.t / 1000))) {
      return reject({ code: "Slot", reason: `its time ${header.timestamp} is not that of its slot` });
    }
    if (header.coinbase !== sealer)
      return reject({ code: "Slot", reason: `coinbase ${header.coinbase} is not ${sealer}` });
    const expected = randaoAfter(parent);
    if (header.prevRandao !== expected) return reject({ code: "PrevRandao", expected, found: header.prevRandao });
    return accept(decoded.value);
  }
}

interface SlotRejection {
  readonly code: "Slot";
  readonly reason: string;
}

/** `PREVRANDAO` of a block: a hash of its parent's. Producers can bias it, as the contracts' documentation says. */
function randaoAfter(parent: Hash): Hash {
  return keccakHash(hashToBytes(parent));
}
