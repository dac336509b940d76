import type { DepositRelay } from "../bridge/index.ts";
import {
  type Block,
  type BlockHeader,
  type BlockRejection,
  checkBody,
  checkHeader,
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
import type { ExecutedBlock, Executor } from "../execution/index.ts";
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
import type { TxPool } from "../txpool/index.ts";
import { createDepositDeliveries } from "./deposit-deliveries.ts";

/** What a fault behaviour changes about blocks; absent in honest nodes. */
export interface BlockFaults {
  /** Transactions that this producer slips into the block on top of `parent`, after the deliveries. */
  extra(parent: BlockHeader): readonly Transaction[];
  /** Blocks are built and accepted although nonces in them are wrong. */
  readonly ignoreNonces: boolean;
}

/** Turns consensus' opaque payloads into blocks that are executed, and back. */
export interface BlockService {
  /**
   * Builds and executes the block of a slot; undefined when the parent is not executed here. Without a parent it stands on
   * `key`, the key block of its era.
   */
  build(slot: number, parent: BlockRef | undefined, deadline: number, key?: Hash): Promise<Bytes | undefined>;
  /** Executes a proposed block; `creator` is the signer of the validator that proposed it. */
  validate(
    block: { readonly unit: UnitHash; readonly t: number; readonly payload: Bytes },
    parent: BlockRef | undefined,
    creator: Address,
    key?: Hash,
  ): Promise<"valid" | "invalid" | "unavailable">;
  /** Hash of the block that a unit carries, once it was executed here. */
  hashOf(unit: UnitHash): Hash | undefined;
  /** Unit that carries a block, if it is of this or of a recent era. */
  unitOf(block: Hash): UnitHash | undefined;
  /** Our own proposal was signed: the block that `build` made is carried by this unit. */
  adopt(unit: UnitHash, payloadHash: Hash): void;
  /** The unit of a block that was executed before a restart. */
  link(unit: UnitHash, block: Hash): void;
  /** A new generation begins on this block, and those of the one before are of no use any more. */
  openInstance(keyBlock: Hash): void;
}

export interface BlockServiceConfig {
  readonly genesis: Genesis;
  readonly signer?: { readonly key: Bytes; readonly address: Address };
}

export interface BlockPorts {
  readonly executor: Executor;
  readonly pool: TxPool;
  readonly deposits: DepositRelay;
  /** Whether a block is final and on disk already: after a restart consensus asks about some of those again. */
  readonly isFinal: (block: Hash) => boolean;
  /** Header of a block that is final, or executed here. */
  readonly header: (block: Hash) => BlockHeader | undefined;
  /** Whether the root chain rejected a checkpoint because of this block. */
  readonly isBanned: (block: Hash) => boolean;
  readonly faults: () => BlockFaults | undefined;
  /** A block built here was signed and goes out. */
  readonly proposed: (block: Hash) => void;
  readonly now: () => number;
  readonly logger: Logger;
}

/** Eras whose units' blocks are remembered, and some more for forks; older blocks are final and found on disk. */
const LINKED_ERAS = 3;
const SPARE_LINKS = 64;

/**
 * Kept back from a block's time for what comes after its transactions: roots, seal, encoding, signing. A full pool would
 * otherwise fill every block beyond its deadline, and no block would ever be proposed.
 */
const FINISHING_MS = 80;

export function createBlockService(config: BlockServiceConfig, ports: BlockPorts): BlockService {
  const { genesis, signer } = config;
  const { executor, pool, logger } = ports;
  const deliveries = createDepositDeliveries(genesis.chainId, ports);
  const hashes = new Map<UnitHash, Hash>();
  const units = new Map<Hash, UnitHash>();
  /** Blocks built here, by the hash of their payload, until their unit is signed. */
  const own = new Map<Hash, BlockHeader>();
  /** Of linked blocks, also those that the executor has dropped or never ran. */
  const headers = new Map<Hash, BlockHeader>();
  const { eraMinBlocks, eraMinMs, baseRoundMs } = genesis.consensus;
  const maxLinks = LINKED_ERAS * Math.max(eraMinBlocks, Math.ceil(eraMinMs / baseRoundMs)) + SPARE_LINKS;
  let keyBlock: Hash | undefined;
  let validating: Promise<unknown> = Promise.resolve();

  function link(unit: UnitHash, hash: Hash, header?: BlockHeader): void {
    hashes.set(unit, hash);
    units.set(hash, unit);
    if (header) headers.set(hash, header);
    if (hashes.size <= maxLinks) return;
    const [oldest, block] = hashes.entries().next().value as [UnitHash, Hash];
    hashes.delete(oldest);
    units.delete(block);
    headers.delete(block);
  }

  function parentHashOf(parent: BlockRef | undefined, key = keyBlock): Hash | undefined {
    return parent ? hashes.get(parent.unit) : key;
  }

  async function assemble(
    slot: number,
    parent: Hash,
    header: BlockHeader,
    key: { readonly key: Bytes; readonly address: Address },
    systemTransactions: readonly Transaction[],
    deadline: number,
  ): Promise<ExecutedBlock> {
    const faults = ports.faults();
    const built = await executor.buildBlock({
      parent,
      timestamp: BigInt(Math.floor(slot / 1000)),
      coinbase: key.address,
      prevRandao: randaoAfter(parent),
      transactions: pool.pending(
        nextBaseFee(header),
        (sender) => executor.stateAt(parent).account(sender)?.nonce ?? 0n,
      ),
      systemTransactions: [...systemTransactions, ...(faults?.extra(header) ?? [])],
      gasLimit: genesis.gasLimit,
      deadline: () => ports.now() >= deadline - FINISHING_MS,
      seal: (unsealed) => sealHeader(unsealed, genesis.chainId, key.key),
      ...(faults?.ignoreNonces ? { rules: { ignoreNonces: true } } : {}),
    });
    for (const { transaction, rejection } of built.skipped) {
      logger.debug({ transaction: transaction.hash, code: rejection.code }, "left out of the block");
    }
    return built;
  }

  return {
    async build(slot, parent, deadline, key) {
      const parentHash = parentHashOf(parent, key);
      if (!signer || !parentHash) return undefined;
      const header = executor.headerAt(parentHash);
      let executed: ExecutedBlock;
      try {
        executed = await assemble(
          slot,
          parentHash,
          header,
          signer,
          await deliveries(parentHash, header, signer),
          deadline,
        );
      } catch (error) {
        if (!(error instanceof KomaError) || error.code !== "KOMA_E_SYSTEM_TRANSACTION") throw error;
        // A producer without a coin for the fee cannot deliver; its block still carries everybody else's transactions.
        logger.error({ error: error.message }, "deposits cannot be delivered by this producer");
        executed = await assemble(slot, parentHash, header, signer, [], deadline);
      }
      const payload = encodeBlock(executed.block);
      // One that came too late for its slot will never be signed.
      own.clear();
      own.set(keccakHash(payload), executed.block.header);
      return payload;
    },

    validate(proposed, parent, creator, key) {
      // One after the other: a block's parent is often the block that was asked about just before.
      const verdict = validating.then(() => judge(proposed, parent, creator, key));
      validating = verdict.catch(() => undefined);
      return verdict;
    },

    hashOf: (unit) => hashes.get(unit),
    unitOf: (block) => units.get(block),
    adopt(unit, payloadHash) {
      const header = own.get(payloadHash);
      if (!header) return;
      const block = hashHeader(header);
      link(unit, block, header);
      own.clear();
      ports.proposed(block);
    },
    link: (unit, block) => link(unit, block),
    openInstance(hash) {
      keyBlock = hash;
      hashes.clear();
      units.clear();
      own.clear();
      headers.clear();
    },
  };

  async function judge(
    proposed: Parameters<BlockService["validate"]>[0],
    parent: BlockRef | undefined,
    creator: Address,
    key: Hash | undefined,
  ): Promise<"valid" | "invalid" | "unavailable"> {
    const parentHash = parentHashOf(parent, key);
    if (!parentHash) return "unavailable";
    const checked = decode(proposed, parentHash, creator);
    if (!checked.ok) return refuse(proposed.unit, checked.rejection);
    const block = checked.value;
    if (ports.isBanned(block.hash)) {
      return refuse(proposed.unit, { code: "Slot", reason: "the root chain rejected it" });
    }
    if (!ports.isFinal(block.hash)) {
      const lenient = ports.faults()?.ignoreNonces ? { rules: { ignoreNonces: true } } : {};
      const executed = await executor.executeBlock(block, lenient);
      if (!executed.ok && executed.rejection.code === "UnknownParent") return judgeLate(proposed.unit, block);
      if (!executed.ok) return refuse(proposed.unit, executed.rejection);
    }
    link(proposed.unit, block.hash, block.header);
    return "valid";
  }

  /**
   * A block whose parent has been overtaken by a final block: its producer was cut off for a while, and built on what it
   * had. It can no longer come onto the chain, and the executor keeps no state to run it on, but its unit and all later
   * ones of its producer depend on it. Refusing it would shut an honest validator out for good, and those with it that
   * got the block a moment earlier and cite it.
   */
  function judgeLate(unit: UnitHash, block: Block): "valid" | "invalid" | "unavailable" {
    const parent = headers.get(block.header.parentHash) ?? ports.header(block.header.parentHash);
    if (!parent) return "unavailable";
    const header = checkHeader(block.header, parent, genesis);
    if (!header.ok) return refuse(unit, header.rejection);
    const body = checkBody(block);
    if (!body.ok) return refuse(unit, body.rejection);
    logger.info({ unit, number: block.header.number }, "a block came after another one of its height was final");
    link(unit, block.hash, block.header);
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
    creator: Address,
  ): Check<Block, BlockRejection | SlotRejection> {
    const decoded = decodeBlock(proposed.payload, genesis.chainId, (hash) => pool.get(hash)?.sender);
    if (!decoded.ok) return decoded;
    const { header } = decoded.value;
    // Consensus and the chain have to mean the same parent, or what is final here would not be final there.
    if (header.parentHash !== parent) return reject({ code: "ParentHash", expected: parent, found: header.parentHash });
    if (header.timestamp !== BigInt(Math.floor(proposed.t / 1000))) {
      return reject({ code: "Slot", reason: `its time ${header.timestamp} is not that of its slot` });
    }
    if (header.coinbase !== creator)
      return reject({ code: "Slot", reason: `coinbase ${header.coinbase} is not ${creator}` });
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
