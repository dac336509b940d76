import { type Block, decodeBlock, describeBlockRejection, encodeBlock } from "../chain/index.ts";
import { type Era, encodeEraEnd, followEnds, instanceOfEra, nextEra, type ProvenEnd } from "../consensus/index.ts";
import { UserError } from "../errors.ts";
import { createExecutor, type Executor } from "../execution/index.ts";
import { type Hash, keccakHash, zeroAddress } from "../primitives/index.ts";
import { type ChainFilePlace, type ChainFileReader, checkDigest, invalid, openChainFile } from "./chain-file.ts";
import { createRootSetReader } from "./root-set-reader.ts";
import { breathe, openStoppedNode, type StoppedNode } from "./stopped-node.ts";

export interface ImportOptions {
  readonly in: string;
  readonly signal: AbortSignal;
  readonly report?: (detail: string) => void;
}

export interface ImportedChain {
  /** First and last block that came in; the node had those before. */
  readonly from: bigint;
  readonly to: bigint;
  readonly blocks: bigint;
  /** Last block of the file that the node had before, after which it went on; undefined when it had none of them. */
  readonly wentOnAfter: bigint | undefined;
  /** Blocks at the end of the file that it does not prove to be final; the node fetches them from its peers. */
  readonly unproven: bigint;
}

/** Ends of eras that are followed at once: the proof of a later one vouches for those before it. */
const ENDS_AT_ONCE = 32;
const BLOCKS_AT_ONCE = 16n;

/**
 * Takes the blocks of a file into the database of a stopped node. Nothing of the file is believed: every block is run, and
 * becomes final only when more than two thirds of the weight of its era, which the state itself names, have signed the era's
 * last block. May be interrupted at any moment and begun again: it goes on after the last block that came in.
 *
 * @throws {UserError} KOMA_E_CHAIN_FILE_INVALID, KOMA_E_CHAIN_FILE_FOREIGN, KOMA_E_CHAIN_FILE_GAP
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs, KOMA_E_STORE_FULL, KOMA_E_FILE_UNREADABLE
 */
export async function importChain(folder: string, options: ImportOptions): Promise<ImportedChain> {
  const { signal, report = () => {} } = options;
  await checkDigest(options.in, () => breathe(signal));
  const file = openChainFile(options.in);
  let node: StoppedNode | undefined;
  try {
    node = openStoppedNode(folder, { create: true });
    return await new Import(node, file, options.in, signal, report).run();
  } finally {
    node?.close();
    file.close();
  }
}

class Import {
  readonly #node: StoppedNode;
  readonly #file: ChainFileReader;
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #report: (detail: string) => void;

  constructor(
    node: StoppedNode,
    file: ChainFileReader,
    path: string,
    signal: AbortSignal,
    report: (detail: string) => void,
  ) {
    this.#node = node;
    this.#file = file;
    this.#path = path;
    this.#signal = signal;
    this.#report = report;
  }

  async run(): Promise<ImportedChain> {
    const { config, store, rules, eras } = this.#node;
    const { genesis, genesisHash } = config;
    const { head } = this.#file;
    if (head.chainId !== genesis.chainId || head.genesisHash !== genesisHash) {
      throw new UserError("KOMA_E_CHAIN_FILE_FOREIGN", `${this.#path} holds blocks of another chain.`, {
        facts: { chainHere: genesis.chainId, chainInFile: head.chainId, genesisInFile: head.genesisHash },
        fix: ["Give a file of this chain."],
      });
    }
    const executor = await createExecutor({ store: store.state, chainId: genesis.chainId });
    await executor.init(genesis);
    const before = executor.finalHead.number;
    if (head.from > before + 1n) {
      throw new UserError(
        "KOMA_E_CHAIN_FILE_GAP",
        `${this.#path} begins with block ${head.from}, and this node ends with ${before}.`,
        {
          facts: { from: head.from, here: before },
          fix: ["Import the blocks in between first."],
        },
      );
    }
    const had = before < head.to ? before : head.to;
    const wentOnAfter = had >= head.from ? had : undefined;
    if (wentOnAfter !== undefined) this.#report(`the node has block ${wentOnAfter}: going on after it`);
    const staked = createRootSetReader(executor);
    let era = this.#node.era();
    eras.remember(era, instanceOfEra(rules, era));
    for (let ends = this.#provenAfter(era); ends.length > 0; ends = this.#provenAfter(era)) {
      const begun = era;
      for (const end of ends) {
        // Where the state names other validators than the file does, what the file tells next is of an era that never was.
        if (end.instance.id !== instanceOfEra(rules, era).id) break;
        await this.#takeUpTo(end, executor);
        const seats = staked.staked(end.switchBlock.hash);
        const next = nextEra(era, { ...end.switchBlock, staked: seats }, rules);
        store.eras.setEnd(end.instance.id, encodeEraEnd({ ...end.end, staked: seats }));
        eras.remember(next, instanceOfEra(rules, next));
        era = next;
      }
      if (era === begun) break;
    }
    const { number } = executor.finalHead;
    const unproven = await this.#countAfter(number);
    return { from: before + 1n, to: number, blocks: number - before, wentOnAfter, unproven };
  }

  /** Blocks of the file above `number`. */
  async #countAfter(number: bigint): Promise<bigint> {
    const { to } = this.#file.head;
    if (to <= number) return 0n;
    await this.#seek(to);
    if (!this.#file.next() || this.#file.next()) throw invalid(this.#path, `its last block is not ${to}`);
    return to - number;
  }

  /** The ends that the file proves from `era` on, some of them. */
  #provenAfter(era: Era): readonly ProvenEnd[] {
    const { rules } = this.#node;
    const { id } = instanceOfEra(rules, era);
    const { ends, head } = this.#file;
    const first = ends.findIndex(({ instance }) => instance === id);
    if (first < 0) return [];
    const some = ends.slice(first, first + ENDS_AT_ONCE).map(({ end }) => end);
    const proven = followEnds(rules, era, some);
    if (!proven) throw invalid(this.#path, `the end of era ${era.number} is signed by nobody who could`);
    return proven.filter(({ switchBlock }) => BigInt(switchBlock.height) <= head.to);
  }

  /** Makes everything up to the switch block final: first the hashes have to lead there, then every block has to be good. */
  async #takeUpTo({ switchBlock, payloadHash }: ProvenEnd, executor: Executor): Promise<void> {
    const last = BigInt(switchBlock.height);
    const start = executor.finalHead.number + 1n;
    if (start <= last) {
      const place = await this.#seek(start);
      await this.#checkHashes(executor.finalHead.hash, last, switchBlock.hash);
      this.#file.goTo(place);
      for (let number = start; number <= last; number++) {
        const block = this.#read();
        const executed = await executor.executeBlock(block);
        if (!executed.ok) {
          throw invalid(this.#path, `block ${number} breaks the rules: ${describeBlockRejection(executed.rejection)}`);
        }
        await executor.finalize(block.hash);
        if (number % BLOCKS_AT_ONCE === 0n) {
          this.#report(`block ${number}`);
          await breathe(this.#signal);
        }
      }
    }
    const block = this.#node.store.blocks.block(switchBlock.hash);
    if (!block || keccakHash(encodeBlock(block)) !== payloadHash) {
      throw invalid(this.#path, `block ${last} is not the one that its era ended with`);
    }
  }

  async #checkHashes(parent: Hash, last: bigint, expected: Hash): Promise<void> {
    let hash = parent;
    while (this.#file.place.number <= last) {
      // Who signed the transactions does not matter yet, and takes longest to find out.
      const { header, hash: own } = this.#read(() => zeroAddress);
      if (header.parentHash !== hash)
        throw invalid(this.#path, `block ${header.number} does not follow the one before it`);
      hash = own;
      if (header.number % BLOCKS_AT_ONCE === 0n) await breathe(this.#signal);
    }
    if (hash !== expected) throw invalid(this.#path, `block ${last} is not the one that the validators signed`);
  }

  #read(knownSender?: () => typeof zeroAddress): Block {
    const { number } = this.#file.place;
    const bytes = this.#file.next();
    const decoded = bytes && decodeBlock(bytes, this.#node.config.genesis.chainId, knownSender);
    if (!decoded?.ok || decoded.value.header.number !== number)
      throw invalid(this.#path, `block ${number} does not decode`);
    return decoded.value;
  }

  /** Goes to a block, over those that the node has already. */
  async #seek(number: bigint): Promise<ChainFilePlace> {
    while (this.#file.place.number < number) {
      if (!this.#file.next()) throw invalid(this.#path, `block ${number} is missing`);
      if (this.#file.place.number % 1_024n === 0n) await breathe(this.#signal);
    }
    return this.#file.place;
  }
}
