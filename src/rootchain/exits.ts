import type { Result } from "ethers";
import { UserError } from "../errors.ts";
import {
  type Address,
  type Bytes,
  concatBytes,
  type Hash,
  type Hex,
  hashFromBytes,
  keccak256,
  wordOf,
} from "../primitives/index.ts";
import { addressOrNone, field, findEvent, type RootClientContext } from "./root-client.ts";
import type { RootEvent } from "./root-event.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** `BlockProof` of the root contracts (root contracts design, section 9). */
export interface BlockProofInput {
  readonly chainId: bigint;
  readonly checkpoint: bigint;
  readonly number: bigint;
  /** Seconds. */
  readonly timestamp: bigint;
  readonly txRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly blockHash: Hash;
  readonly siblings: readonly Hex[];
}

/** `LogProof` of the root contracts. */
export interface LogProofInput {
  readonly b: BlockProofInput;
  readonly txIndex: number;
  readonly logIndex: number;
  readonly receiptNodes: readonly Hex[];
}

export type ExitStatus = "none" | "queued" | "paid" | "claimable" | "cancelled";

/** A burn on its way to a payment. */
export interface ExitRecord {
  readonly exitId: Hash;
  readonly status: ExitStatus;
  readonly chainId: bigint;
  readonly token: Address;
  /** Who burned. The contract keeps it for tokens only; `exitsOf` knows it of every exit, from its event. */
  readonly account: Address | undefined;
  /** The token's smallest unit. */
  readonly amount: bigint;
  /** Seconds. */
  readonly exitableAt: number;
  readonly checkpoint: bigint;
  /** Generation of that checkpoint: after a rollback the same number stands for another one. */
  readonly generation: bigint;
  readonly blockNumber: bigint;
  readonly txIndex: number;
  readonly logIndex: number;
  readonly bonder: Address;
  /** Wei of Ether. */
  readonly bond: bigint;
  /** Who is paid: the ExitNFT's holder while queued, fixed when the payment failed. */
  readonly payee: Address | undefined;
}

/** An exit with the account that its event named. */
export type StartedExit = ExitRecord & { readonly account: Address };

/** Exits, their queue and their bonds. */
export interface Exits {
  readonly address: Address;
  params(): Promise<{ readonly exitPeriod: number; readonly exitBondWei: bigint; readonly payoutGas: bigint }>;
  /** Starts the exit of a proven burn, with the bond that is asked for. */
  start(proof: LogProofInput, signal?: AbortSignal): Promise<SentTransaction & { readonly exitId: Hash }>;
  /** Undefined when it was never started, or voided since. */
  exit(exitId: Hash): Promise<ExitRecord | undefined>;
  /**
   * Exits that were started for burns of `account` or with `account` as recipient, oldest first, in their present state;
   * those of everybody without an account.
   *
   * @param fromBlock root chain block to look from; the deployment's start block finds all
   */
  exitsOf(account: Address | undefined, fromBlock: bigint): Promise<readonly StartedExit[]>;
  queueLength(chainId: bigint, token: Address): Promise<number>;
  /** When the queue's next entry is due, seconds; undefined when it is empty. */
  nextDue(chainId: bigint, token: Address): Promise<number | undefined>;
  /** Processes up to `max` due entries of a queue; anyone. */
  process(chainId: bigint, token: Address, max: number, signal?: AbortSignal): Promise<SentTransaction>;
  processOne(exitId: Hash, signal?: AbortSignal): Promise<SentTransaction>;
  /** Pays an exit whose payment failed. */
  claim(exitId: Hash, to: Address, signal?: AbortSignal): Promise<SentTransaction>;
  /** Ends an exit whose checkpoint was rolled back. */
  challengeChain(exitId: Hash, signal?: AbortSignal): Promise<SentTransaction>;
  /** Cancels an exit that contradicts a log of the same account. */
  challengeLog(exitId: Hash, contradiction: LogProofInput, signal?: AbortSignal): Promise<SentTransaction>;
  /** Wei of Ether that bonds left to an account. */
  owed(account: Address): Promise<bigint>;
  withdrawOwed(to: Address, signal?: AbortSignal): Promise<SentTransaction>;
}

/** Reads past events of a contract; the client's `events` function. */
export type EventReader = (query: {
  readonly contract: string;
  readonly event: string;
  readonly fromBlock: bigint;
  /** Words that its indexed arguments must be, in their order; null takes any. */
  readonly indexed?: readonly (Hex | null)[];
}) => Promise<readonly RootEvent[]>;

const STATUS = ["none", "queued", "paid", "claimable", "cancelled"] as const;

export function openExits(context: RootClientContext, readEvents: EventReader): Exits {
  const contract = context.contract("WithdrawManager");
  const send = (action: string, method: string, args: readonly unknown[], signal?: AbortSignal) =>
    context.send(contract.call(action, method, args), signal);

  async function params(): Promise<{ exitPeriod: number; exitBondWei: bigint; payoutGas: bigint }> {
    const p = (await contract.read("params"))[0] as Result;
    return {
      exitPeriod: field.number(p, "exitPeriod"),
      exitBondWei: field.bigint(p, "exitBond"),
      payoutGas: field.bigint(p, "payoutGas"),
    };
  }

  async function exit(exitId: Hash): Promise<ExitRecord | undefined> {
    const record = readExit(exitId, (await contract.read("exitAt", [exitId]))[0] as Result);
    if (record.status === "none") return undefined;
    if (record.status !== "queued") return record;
    const owner = await context.contract("ExitNFT").read("ownerOf", [BigInt(exitId)]);
    return { ...record, payee: addressOrNone(owner) };
  }

  return {
    address: contract.address,
    params,
    async start(proof, signal) {
      const { exitBondWei } = await params();
      const exitId = exitIdOf(proof.b.chainId, proof.b.number, proof.txIndex, proof.logIndex);
      const call = contract.call(`start the exit ${exitId}`, "startExit", [proof], exitBondWei);
      const sent = await context.send(call, signal);
      const event = findEvent(sent, contract, "ExitStarted");
      return { ...sent, exitId: event === undefined ? exitId : field.hash(event, "exitId") };
    },
    exit,
    async exitsOf(account, fromBlock) {
      const started = await readEvents({ contract: "WithdrawManager", event: "ExitStarted", fromBlock });
      const accounts = new Map<Hash, Address>();
      for (const { args } of started) {
        const mine = account === undefined || args["account"] === account || args["recipient"] === account;
        if (mine) accounts.set(args["exitId"] as Hash, args["account"] as Address);
      }
      const exits = await Promise.all(
        [...accounts].map(async ([exitId, burner]) => {
          const record = await exit(exitId);
          return record && { ...record, account: burner };
        }),
      );
      return exits.filter((record) => record !== undefined);
    },
    queueLength: async (chainId, token) => Number((await contract.read("queueLength", [chainId, token]))[0]),
    async nextDue(chainId, token) {
      const due = Number((await contract.read("nextDue", [chainId, token]))[0]);
      return due === 0 ? undefined : due;
    },
    process(chainId, token, max, signal) {
      if (max < 1) throw new UserError("KOMA_E_ARGUMENT_INVALID", "At least one exit must be asked for.");
      return send(`process exits of chain ${chainId}`, "processExits", [chainId, token, max], signal);
    },
    processOne: (exitId, signal) => send(`process exit ${exitId}`, "processExit", [exitId], signal),
    claim: (exitId, to, signal) => send(`claim exit ${exitId}`, "claim", [exitId, to], signal),
    challengeChain: (exitId, signal) => send(`void exit ${exitId}`, "challengeExitChain", [exitId], signal),
    challengeLog: (exitId, contradiction, signal) =>
      send(`cancel exit ${exitId}`, "challengeExitLog", [exitId, contradiction], signal),
    owed: async (account) => BigInt((await contract.read("owed", [account]))[0] as bigint),
    withdrawOwed: (to, signal) => send("withdraw what bonds left", "withdrawOwed", [to], signal),
  };
}

/** Identity of the burn at a position, as WithdrawManager computes it. */
export function exitIdOf(chainId: bigint, blockNumber: bigint, txIndex: number, logIndex: number): Hash {
  const words: readonly Bytes[] = [wordOf(chainId), wordOf(blockNumber), wordOf(txIndex), wordOf(logIndex)];
  return hashFromBytes(keccak256(concatBytes(...words)));
}

function readExit(exitId: Hash, e: Result): ExitRecord {
  return {
    exitId,
    status: STATUS[field.number(e, "status")] ?? "none",
    chainId: field.bigint(e, "chainId"),
    token: field.address(e, "token"),
    account: unlessZero(field.address(e, "account")),
    amount: field.bigint(e, "amount"),
    exitableAt: field.number(e, "exitableAt"),
    checkpoint: field.bigint(e, "checkpoint"),
    generation: field.bigint(e, "generation"),
    blockNumber: field.bigint(e, "blockNumber"),
    txIndex: field.number(e, "txIndex"),
    logIndex: field.number(e, "logIndex"),
    bonder: field.address(e, "bonder"),
    bond: field.bigint(e, "bond"),
    payee: unlessZero(field.address(e, "payee")),
  };
}

function unlessZero(address: Address): Address | undefined {
  return /^0x0{40}$/.test(address) ? undefined : address;
}
