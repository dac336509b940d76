import type { Result } from "ethers";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import { parseAddress, parseHash } from "../primitives/index.ts";
import type { EventReader } from "./exits.ts";
import { malformedAnswer } from "./quantity.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import type { EventArgument } from "./root-event.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** `Claim` of InteractiveFraud: that something is missing below a checkpoint, and what would disprove it. */
export interface Claim {
  readonly kind: number;
  readonly chainId: bigint;
  /** Checkpoint that is accused. */
  readonly number: bigint;
  readonly structHash: Hash;
  /** Zero when only the checkpoint is wrong. */
  readonly blockHash: Hash;
  readonly leaf: Hash;
  readonly offenceId: Hash;
  /** Zero unless a log is missing. */
  readonly token: Address;
  readonly subject: Address;
  /** Nonce, number of the log before the gap, or id of the deposit. */
  readonly value: bigint;
  /** Exclusive; block, transaction and log in one number; zero = from the beginning. */
  readonly afterPosition: bigint;
  readonly beforePosition: bigint;
  readonly challenger: Address;
  /** Wei of Ether. */
  readonly bond: bigint;
  /** Seconds. */
  readonly deadline: bigint;
}

export const claimStates = ["none", "open", "answered", "convicted", "void"] as const;
export type ClaimState = (typeof claimStates)[number];

export interface OpenedChallenge {
  readonly id: bigint;
  readonly claim: Claim;
}

/** Challenges that an answer decides, or its absence (kinds 7, 15 and 18). */
export interface InteractiveChallenges {
  readonly address: Address;
  /**
   * The claim that evidence makes, without challenger, bond and deadline.
   *
   * @throws {ProtocolError} what opening would end in
   */
  claimOf(kind: number, evidence: Hex): Promise<Claim>;
  /** Bond that the next challenge of a checkpoint needs, wei of Ether. */
  bondFor(chainId: bigint, checkpoint: bigint): Promise<bigint>;
  open(
    kind: number,
    evidence: Hex,
    bond: bigint,
    signal?: AbortSignal,
  ): Promise<SentTransaction & { readonly opened: OpenedChallenge | undefined }>;
  /** @throws {ProtocolError} when the evidence does not disprove the claim, or the challenge is not open */
  respond(challenge: OpenedChallenge, evidence: Hex, signal?: AbortSignal): Promise<SentTransaction>;
  /** @param header of the accused block, or no bytes */
  conclude(challenge: OpenedChallenge, header: Hex, signal?: AbortSignal): Promise<SentTransaction>;
  stateOf(id: bigint): Promise<ClaimState>;
  /** All challenges of a chain, oldest first. @param fromBlock the deployment's start block finds all */
  list(chainId: bigint, fromBlock: bigint): Promise<readonly OpenedChallenge[]>;
  /** Seconds by the chain's time after which a deposit has to have been delivered. */
  depositDeadline(): Promise<bigint>;
  /** Wei of Ether that bonds left to an account. */
  owed(account: Address): Promise<bigint>;
  withdrawOwed(to: Address, signal?: AbortSignal): Promise<SentTransaction>;
}

const CONTRACT = "InteractiveFraud";

/** The contract is looked up when it is needed: networks without it have no such challenges. */
export function openInteractiveChallenges(
  context: RootClientContext,
  readEvents: EventReader,
): () => InteractiveChallenges {
  return () => {
    const contract = context.contract(CONTRACT);
    const judge = () => context.contract("MissingClaims");
    const send = (action: string, method: string, args: readonly unknown[], value?: bigint, signal?: AbortSignal) =>
      context.send(contract.call(action, method, args, value), signal);
    return {
      address: contract.address,
      claimOf: async (kind, evidence) => readClaim((await judge().read("claimOf", [kind, evidence]))[0] as Result),
      bondFor: async (chainId, checkpoint) => BigInt((await contract.read("bondFor", [chainId, checkpoint]))[0]),
      async open(kind, evidence, bond, signal) {
        const sent = await send(`open a challenge of kind ${kind}`, "openChallenge", [kind, evidence], bond, signal);
        const event = findEvent(sent, contract, "ChallengeOpened");
        const opened = event && { id: field.bigint(event, "id"), claim: readClaim(event["claim"] as Result) };
        return { ...sent, opened };
      },
      respond: ({ id, claim }, evidence, signal) =>
        send(`answer challenge ${id}`, "respond", [id, claim, evidence], undefined, signal),
      conclude: ({ id, claim }, header, signal) =>
        send(`conclude challenge ${id}`, "conclude", [id, claim, header], undefined, signal),
      async stateOf(id) {
        const state = claimStates[Number((await contract.read("stateOf", [id]))[0])];
        if (!state) throw malformedAnswer("state of a challenge");
        return state;
      },
      async list(chainId, fromBlock) {
        const opened = await readEvents({ contract: CONTRACT, event: "ChallengeOpened", fromBlock });
        return opened
          .filter(({ args }) => args["chainId"] === chainId)
          .map(({ args }) => ({ id: args["id"] as bigint, claim: claimFromEvent(args["claim"]) }));
      },
      depositDeadline: async () => BigInt((await judge().read("depositDeadline"))[0]),
      owed: async (account) => BigInt((await contract.read("owed", [account]))[0]),
      withdrawOwed: (to, signal) => send("withdraw what bonds left", "withdrawOwed", [to], undefined, signal),
    };
  };
}

/** Fields in the order of the contract's struct. */
const FIELDS = [
  "kind",
  "chainId",
  "number",
  "structHash",
  "blockHash",
  "leaf",
  "offenceId",
  "token",
  "subject",
  "value",
  "afterPosition",
  "beforePosition",
  "challenger",
  "bond",
  "deadline",
] as const satisfies readonly (keyof Claim)[];

/** A claim as an event's decoded argument has it. @throws {ProtocolError} for anything else */
export function claimFromEvent(value: EventArgument | undefined): Claim {
  if (!Array.isArray(value) || value.length !== FIELDS.length) throw malformedAnswer("claim");
  return claimOf((name) => (value as readonly unknown[])[FIELDS.indexOf(name)]);
}

function readClaim(result: Result): Claim {
  return claimOf((name) => result[FIELDS.indexOf(name)]);
}

function claimOf(at: (name: keyof Claim) => unknown): Claim {
  const hash = (name: keyof Claim) => parseHash(String(at(name)));
  const address = (name: keyof Claim) => parseAddress(String(at(name)));
  const integer = (name: keyof Claim) => BigInt(at(name) as bigint);
  return {
    kind: Number(integer("kind")),
    chainId: integer("chainId"),
    number: integer("number"),
    structHash: hash("structHash"),
    blockHash: hash("blockHash"),
    leaf: hash("leaf"),
    offenceId: hash("offenceId"),
    token: address("token"),
    subject: address("subject"),
    value: integer("value"),
    afterPosition: integer("afterPosition"),
    beforePosition: integer("beforePosition"),
    challenger: address("challenger"),
    bond: integer("bond"),
    deadline: integer("deadline"),
  };
}
