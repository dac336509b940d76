import type { Result } from "ethers";
import { type Address, type Hash, type Hex, parseAddress, parseHash } from "../primitives/index.ts";
import type { EventReader } from "./exits.ts";
import { malformedAnswer, readQuantity, readRecord } from "./quantity.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import type { EventArgument } from "./root-event.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** What can be demanded of a block, in the order of the contract's `Part`. */
export const blockParts = ["header", "txs", "receipts"] as const;
export type BlockPart = (typeof blockParts)[number];

/** Least bytes of a demand, as the contract has them. */
export const leastDemand: Readonly<Record<BlockPart, number>> = { header: 1_024, txs: 65_536, receipts: 65_536 };

/** `Demand` of DataCourt: for data behind a leaf of a pending checkpoint. */
export interface Demand {
  readonly chainId: bigint;
  /** Checkpoint that is meant. */
  readonly number: bigint;
  readonly structHash: Hash;
  readonly block: bigint;
  readonly part: BlockPart;
  /** Bytes of the part, counted over the nodes of its trie in pre-order. */
  readonly from: number;
  readonly to: number;
  readonly offenceId: Hash;
  readonly demander: Address;
  /** Wei of Ether. */
  readonly escrow: bigint;
  /** Seconds. */
  readonly deadline: bigint;
}

export const demandStates = ["none", "open", "answered", "convicted", "void"] as const;
export type DemandState = (typeof demandStates)[number];

export interface OpenedDemand {
  readonly id: bigint;
  readonly demand: Demand;
}

/** `BlockProof` of the root contracts: a leaf under its checkpoint. */
export interface ProvenLeaf {
  readonly chainId: bigint;
  readonly checkpoint: bigint;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly txRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly blockHash: Hash;
  readonly siblings: readonly Hash[];
}

/** `Chunk` of DataCourt: the next nodes of a part. */
export interface DataChunk {
  /** Needed where the part begins, and for headers. */
  readonly leaf: ProvenLeaf | undefined;
  readonly stack: readonly Hash[];
  /** One that is empty stands for the node that `pieces` make up. */
  readonly nodes: readonly Hex[];
  readonly pieces: readonly Address[];
}

/** How far a part has been shown and demanded, bytes. */
export interface ShownPart {
  readonly shown: number;
  readonly demandedTo: number;
  readonly ended: boolean;
}

/** Demands on one checkpoint. */
export interface DemandDocket {
  /** Seconds. */
  readonly heldUntil: bigint;
  readonly open: number;
  readonly held: boolean;
}

/** Paid demands for data that nobody shows (kind 17). */
export interface DataDemands {
  readonly address: Address;
  /** Wei of Ether that a demand for so many bytes needs now, with room for a base fee that rises until it is sent. */
  escrowFor(bytes: number): Promise<bigint>;
  shown(structHash: Hash, block: bigint, part: BlockPart): Promise<ShownPart>;
  docket(structHash: Hash): Promise<DemandDocket>;
  /** @param wanted.from where the last demand of the part ended */
  demand(
    wanted: Pick<Demand, "chainId" | "number" | "block" | "part" | "from" | "to">,
    escrow: bigint,
    signal?: AbortSignal,
  ): Promise<SentTransaction & { readonly opened: OpenedDemand | undefined }>;
  /** Puts a piece of a node that is too large for one transaction on the root chain. */
  stage(data: Hex, signal?: AbortSignal): Promise<Address>;
  /** @throws {ProtocolError} when it is not what comes next, or the demand is not open */
  respond(opened: OpenedDemand, chunk: DataChunk, signal?: AbortSignal): Promise<SentTransaction>;
  /** @param known the block's leaf and its header, if somebody has them, so that the producer is charged too */
  conclude(
    opened: OpenedDemand,
    known: { readonly leaf: ProvenLeaf; readonly header: Hex } | undefined,
    signal?: AbortSignal,
  ): Promise<SentTransaction>;
  /** Lets the checkpoint become final when no demand on it is open and the time to read late data is over. */
  release(demand: Demand, signal?: AbortSignal): Promise<SentTransaction>;
  stateOf(id: bigint): Promise<DemandState>;
  /** All demands of a chain, oldest first. @param fromBlock the deployment's start block finds all */
  list(chainId: bigint, fromBlock: bigint): Promise<readonly OpenedDemand[]>;
  /** Wei of Ether that answers earned an account, and escrows left to it. */
  owed(account: Address): Promise<bigint>;
  withdrawOwed(to: Address, signal?: AbortSignal): Promise<SentTransaction>;
}

export const DATA_COURT = "DataCourt";

const NO_LEAF = {
  chainId: 0n,
  checkpoint: 0n,
  number: 0n,
  timestamp: 0n,
  txRoot: `0x${"00".repeat(32)}`,
  receiptsRoot: `0x${"00".repeat(32)}`,
  blockHash: `0x${"00".repeat(32)}`,
  siblings: [],
} as const;

/** The contract is looked up when it is needed: networks are free not to have it. */
export function openDataDemands(context: RootClientContext, readEvents: EventReader): () => DataDemands {
  return () => {
    const contract = context.contract(DATA_COURT);
    const send = (action: string, method: string, args: readonly unknown[], value?: bigint, signal?: AbortSignal) =>
      context.send(contract.call(action, method, args, value), signal);
    return {
      address: contract.address,
      async escrowFor(bytes) {
        const latest = readRecord(await context.rpc.request("eth_getBlockByNumber", ["latest", false]), "block");
        // A base fee rises by an eighth a block.
        const baseFee = (readQuantity(latest["baseFeePerGas"], "base fee") * 3n) / 2n + 1n;
        return BigInt((await contract.read("escrowFor", [bytes, baseFee]))[0]);
      },
      async shown(structHash, block, part) {
        const [offence] = await contract.read("offenceOf", [structHash, block, blockParts.indexOf(part)]);
        const walk = (await contract.read("walkOf", [offence]))[0] as Result;
        return {
          shown: field.number(walk, "shown"),
          demandedTo: field.number(walk, "demandedTo"),
          ended: field.boolean(walk, "ended"),
        };
      },
      async docket(structHash) {
        const docket = (await contract.read("docketOf", [structHash]))[0] as Result;
        return {
          heldUntil: field.bigint(docket, "heldUntil"),
          open: field.number(docket, "open"),
          held: field.boolean(docket, "held"),
        };
      },
      async demand({ chainId, number, block, part, from, to }, escrow, signal) {
        const args = [chainId, number, block, blockParts.indexOf(part), from, to];
        const sent = await send(`demand the ${part} of block ${block}`, "demand", args, escrow, signal);
        const event = findEvent(sent, contract, "DataDemanded");
        const opened = event && { id: field.bigint(event, "id"), demand: readDemand([...(event["demand"] as Result)]) };
        return { ...sent, opened };
      },
      async stage(data, signal) {
        const sent = await send("put a piece of a block on the root chain", "stage", [data], undefined, signal);
        const event = findEvent(sent, contract, "PieceStaged");
        if (!event) throw malformedAnswer("place of a piece");
        return field.address(event, "piece");
      },
      respond: ({ id, demand }, { leaf = NO_LEAF, stack, nodes, pieces }, signal) =>
        send(
          `answer demand ${id}`,
          "respond",
          [id, writeDemand(demand), [leaf, stack, nodes, pieces]],
          undefined,
          signal,
        ),
      conclude: ({ id, demand }, known, signal) =>
        send(
          `conclude demand ${id}`,
          "conclude",
          [id, writeDemand(demand), known ? [known.leaf] : [], known?.header ?? "0x"],
          undefined,
          signal,
        ),
      release: ({ chainId, number, structHash }, signal) =>
        send(`release checkpoint ${number}`, "release", [chainId, number, structHash], undefined, signal),
      async stateOf(id) {
        const state = demandStates[Number((await contract.read("stateOf", [id]))[0])];
        if (!state) throw malformedAnswer("state of a demand");
        return state;
      },
      async list(chainId, fromBlock) {
        const opened = await readEvents({ contract: DATA_COURT, event: "DataDemanded", fromBlock });
        return opened
          .filter(({ args }) => args["chainId"] === chainId)
          .map(({ args }) => ({ id: args["id"] as bigint, demand: demandFromEvent(args["demand"]) }));
      },
      owed: async (account) => BigInt((await contract.read("owed", [account]))[0]),
      withdrawOwed: (to, signal) => send("withdraw what demands left", "withdrawOwed", [to], undefined, signal),
    };
  };
}

/** A demand as an event's decoded argument has it. @throws {ProtocolError} for anything else */
export function demandFromEvent(value: EventArgument | undefined): Demand {
  if (!Array.isArray(value)) throw malformedAnswer("demand");
  return readDemand(value as readonly unknown[]);
}

function readDemand(fields: readonly unknown[]): Demand {
  const part = blockParts[Number(fields[4])];
  if (fields.length !== 11 || part === undefined) throw malformedAnswer("demand");
  const integer = (at: number) => BigInt(fields[at] as bigint);
  return {
    chainId: integer(0),
    number: integer(1),
    structHash: parseHash(String(fields[2])),
    block: integer(3),
    part,
    from: Number(integer(5)),
    to: Number(integer(6)),
    offenceId: parseHash(String(fields[7])),
    demander: parseAddress(String(fields[8])),
    escrow: integer(9),
    deadline: integer(10),
  };
}

function writeDemand(d: Demand): readonly unknown[] {
  const part = blockParts.indexOf(d.part);
  const terms = [d.chainId, d.number, d.structHash, d.block, part, d.from, d.to];
  return [...terms, d.offenceId, d.demander, d.escrow, d.deadline];
}
