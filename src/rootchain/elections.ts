import { AbiCoder, type Result } from "ethers";
import { type Address, type Bytes, formatAmount, type Hash, parseAddress, parseHash } from "../primitives/index.ts";
import { field, type RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** A seat in a set of producers; `id` is 0 for a foundation producer. */
export interface ProducerSeat {
  readonly id: bigint;
  readonly key: Address;
}

/** What a nominee declares of itself, for voters; nothing of it is checked. */
export interface ProducerCriteria {
  readonly declaredUptimeBps: number;
  readonly cpuCores: number;
  readonly ramGiB: number;
  readonly diskGiB: number;
  readonly bandwidthMbps: number;
  /** ISO 3166-1 alpha-2, undefined when not given. */
  readonly country?: string;
  /** UN M49 code, 0 when not given. */
  readonly regionM49: number;
  readonly autoScaling: boolean;
  readonly extraHash: Hash;
}

/** A validator that stands, or stood, for producer; its id is the validator's. */
export interface NomineeRecord {
  readonly id: bigint;
  readonly owner: Address;
  /** Seals its blocks. */
  readonly key: Address;
  /** Wei of KMC still locked. */
  readonly stake: bigint;
  readonly status: "none" | "standing" | "withdrawn" | "ejected";
  /** Seconds; when the stake of one that left is free, 0 while it stands. */
  readonly releaseAt: number;
  readonly tenuresServed: number;
  readonly slashes: number;
  readonly replacements: number;
  readonly criteria: ProducerCriteria;
}

/** The newest set; it holds from `from` (seconds) on, and may be announced only. */
export interface NewestSet {
  readonly setId: bigint;
  readonly tenure: bigint;
  readonly from: number;
  readonly members: readonly ProducerSeat[];
  readonly standby: readonly ProducerSeat[];
}

/** Times of a tenure and of the vote for it, seconds. */
export interface TenureTimes {
  readonly opens: number;
  readonly closes: number;
  readonly starts: number;
  readonly ends: number;
}

export interface ElectionParametersView {
  readonly producerStakeWei: bigint;
  readonly minProducers: number;
  readonly maxProducers: number;
  readonly standbyCount: number;
  readonly tenureLength: number;
  readonly replacementLead: number;
}

/** What stakers sign when a producer is offline, in the present tenure. */
export interface OfflineFacts {
  readonly chainId: bigint;
  readonly key: Address;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  readonly missed: bigint;
}

export interface Nomination {
  readonly validatorId: bigint;
  readonly criteria: ProducerCriteria;
  readonly uri: string;
  readonly uriHash: Hash;
  readonly key: Address;
  /** Signature of the key; needed for any but the validator's own signer key. */
  readonly proof?: Bytes;
}

/** Producers: who stands, the vote, who is in office. */
export interface Elections {
  readonly address: Address;
  params(): Promise<ElectionParametersView>;
  /** Tenure that a time (seconds) lies in. */
  tenureAt(time: number): Promise<bigint>;
  timeline(tenure: bigint): Promise<TenureTimes>;
  newestSet(): Promise<NewestSet>;
  currentMembers(): Promise<readonly ProducerSeat[]>;
  /** All who stand, by id. */
  nominees(): Promise<readonly NomineeRecord[]>;
  /** Undefined when it never stood. */
  nominee(id: bigint): Promise<NomineeRecord | undefined>;
  /** Nominee that a producer key belongs or belonged to, as of block `at` (default: the newest); undefined for nobody's. */
  nomineeOfKey(key: Address, at?: Hash): Promise<bigint | undefined>;
  /** What a producer key signs to show that its holder wants it to seal for the owner's validator. */
  keyDigest(owner: Address, validatorId: bigint): Promise<Hash>;
  isEligible(id: bigint): Promise<boolean>;
  /** Certificates of downtime against a key in the newest tenure that had any. */
  downtimeOf(key: Address): Promise<{ readonly tenure: bigint; readonly count: number }>;
  /** True for a key that was convicted and can never produce again. */
  isBarred(key: Address): Promise<boolean>;
  /** Wei of KMC. */
  votesOf(tenure: bigint, id: bigint): Promise<bigint>;
  votesCast(tenure: bigint): Promise<bigint>;
  /** Who would be elected if the vote ended as it stands. */
  outcome(
    tenure: bigint,
  ): Promise<{ readonly winners: readonly ProducerSeat[]; readonly standby: readonly ProducerSeat[] }>;
  ballotOf(tenure: bigint, voter: bigint): Promise<{ readonly weight: bigint; readonly choices: readonly bigint[] }>;
  /** What an account voted with its delegation to a validator. */
  delegatorBallotOf(
    tenure: bigint,
    validatorId: bigint,
    account: Address,
  ): Promise<{ readonly weight: bigint; readonly choices: readonly bigint[] }>;
  offlineDigest(facts: OfflineFacts): Promise<Hash>;
  /** Approves the producer stake where that is needed, and nominates. */
  nominate(nomination: Nomination, signal?: AbortSignal): Promise<SentTransaction>;
  updateCriteria(
    id: bigint,
    criteria: ProducerCriteria,
    page: { readonly uri: string; readonly uriHash: Hash },
    signal?: AbortSignal,
  ): Promise<SentTransaction>;
  /** Has another key seal the nominee's blocks from its next election on; `proof` signs {@link Elections.keyDigest}. */
  setKey(id: bigint, key: Address, proof: Bytes, signal?: AbortSignal): Promise<SentTransaction>;
  raise(id: bigint, amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  withdraw(id: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  claim(id: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  vote(voter: bigint, choices: readonly bigint[], signal?: AbortSignal): Promise<SentTransaction>;
  /** Votes with the sender's delegation to a validator, whose own ballot loses that part. */
  voteAsDelegator(validatorId: bigint, choices: readonly bigint[], signal?: AbortSignal): Promise<SentTransaction>;
  /** Ends the vote; anyone, between its close and the tenure. */
  settle(signal?: AbortSignal): Promise<SentTransaction>;
  resign(key: Address, signal?: AbortSignal): Promise<SentTransaction>;
  /** Has the seat of a convicted producer filled; anyone. */
  fillSeat(key: Address, signal?: AbortSignal): Promise<SentTransaction>;
  /** @param signatures compact ones (EIP-2098) of {@link Elections.offlineDigest}, in ascending order of the bitmap's seats */
  replaceOffline(
    facts: OfflineFacts,
    bitmap: bigint,
    signatures: readonly Bytes[],
    signal?: AbortSignal,
  ): Promise<SentTransaction>;
  /** Wei of KMC that bounties out of producers' stakes left to an account. */
  owed(account: Address): Promise<bigint>;
  withdrawOwed(to: Address, signal?: AbortSignal): Promise<SentTransaction>;
}

const STATUS = ["none", "standing", "withdrawn", "ejected"] as const;
const SLASHED = 0;
const RESIGNED = 1;
const OFFLINE = 2;
const CERTIFICATE = "tuple(uint64,uint64,uint64,uint64,uint256,bytes)";

export function openElections(context: RootClientContext): Elections {
  const contract = context.contract("ProducerElection");
  const send = (action: string, method: string, args: readonly unknown[], signal?: AbortSignal) =>
    context.send(contract.call(action, method, args), signal);
  const first = async (method: string, args: readonly unknown[] = []) => (await contract.read(method, args))[0];

  async function approve(action: string, amount: bigint, signal: AbortSignal | undefined): Promise<void> {
    const kmc = context.contract("KMC");
    const owner = context.sender(action).address;
    const allowance = (await kmc.read("allowance", [owner, contract.address]))[0] as bigint;
    if (allowance >= amount) return;
    await context.send(kmc.call("approve the producer stake", "approve", [contract.address, amount]), signal);
  }

  async function params(): Promise<ElectionParametersView> {
    const p = (await first("params")) as Result;
    return {
      producerStakeWei: field.bigint(p, "producerStake"),
      minProducers: field.number(p, "minProducers"),
      maxProducers: field.number(p, "maxProducers"),
      standbyCount: field.number(p, "standbyCount"),
      tenureLength: field.number(p, "tenureLength"),
      replacementLead: field.number(p, "replacementLead"),
    };
  }

  async function nominee(id: bigint): Promise<NomineeRecord | undefined> {
    const record = readNominee(id, (await first("nominee", [id])) as Result);
    return record.status === "none" ? undefined : record;
  }

  const digestArguments = ({ chainId, key, fromBlock, toBlock, missed }: OfflineFacts) => [
    chainId,
    key,
    fromBlock,
    toBlock,
    missed,
  ];

  return {
    address: contract.address,
    nominee,
    params,
    tenureAt: async (time) => BigInt((await first("tenureAt", [time])) as bigint),
    async timeline(tenure) {
      const t = await contract.read("timeline", [tenure]);
      return {
        opens: field.number(t, "opens"),
        closes: field.number(t, "closes"),
        starts: field.number(t, "starts"),
        ends: field.number(t, "ends"),
      };
    },
    async newestSet() {
      const set = await contract.read("newestSet");
      return {
        setId: field.bigint(set, "setId"),
        tenure: field.bigint(set, "tenure"),
        from: field.number(set, "from"),
        members: readSeats(set["members"] as Result),
        standby: readSeats(set["standby"] as Result),
      };
    },
    currentMembers: async () => readSeats((await first("currentMembers")) as Result),
    async nominees() {
      const ids = [...((await first("standing")) as Result)].map((id) => BigInt(id as bigint));
      const all = await Promise.all(ids.map(nominee));
      return all.filter((one) => one !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async nomineeOfKey(key, at) {
      const id = BigInt((await contract.read("nomineeOfKey", [key], undefined, at))[0] as bigint);
      return id === 0n ? undefined : id;
    },
    keyDigest: async (owner, validatorId) => parseHash((await first("keyDigest", [owner, validatorId])) as string),
    isEligible: async (id) => Boolean(await first("isEligible", [id])),
    async downtimeOf(key) {
      const downtime = (await first("downtimeOf", [key])) as Result;
      return { tenure: field.bigint(downtime, "tenure"), count: field.number(downtime, "count") };
    },
    isBarred: async (key) => Boolean(await first("isBarred", [key])),
    votesOf: async (tenure, id) => BigInt((await first("votesOf", [tenure, id])) as bigint),
    votesCast: async (tenure) => BigInt((await first("votesCast", [tenure])) as bigint),
    async outcome(tenure) {
      const outcome = await contract.read("outcome", [tenure]);
      return {
        winners: readSeats(outcome["winners"] as Result),
        standby: readSeats(outcome["standby"] as Result),
      };
    },
    ballotOf: async (tenure, voter) => readBallot((await first("ballotOf", [tenure, voter])) as Result),
    delegatorBallotOf: async (...whose) => readBallot((await first("delegatorBallotOf", whose)) as Result),
    offlineDigest: async (facts) => parseHash((await first("offlineDigest", digestArguments(facts))) as string),
    async nominate({ validatorId, criteria, uri, uriHash, key, proof }, signal) {
      const action = `nominate validator ${validatorId}`;
      const { producerStakeWei } = await params();
      await approve(action, producerStakeWei, signal);
      const args = [validatorId, criteriaArgument(criteria), uri, uriHash, key, proof ?? "0x"];
      return await send(action, "nominate", args, signal);
    },
    updateCriteria: (id, criteria, { uri, uriHash }, signal) =>
      send(`update nominee ${id}`, "updateCriteria", [id, criteriaArgument(criteria), uri, uriHash], signal),
    setKey: (id, key, proof, signal) =>
      send(`change the producer key of nominee ${id}`, "setProducerKey", [id, key, proof], signal),
    async raise(id, amount, signal) {
      const action = `add ${formatAmount(amount)} KMC to nominee ${id}`;
      await approve(action, amount, signal);
      return await send(action, "raiseNomination", [id, amount], signal);
    },
    withdraw: (id, signal) => send(`withdraw nominee ${id}`, "withdrawNomination", [id], signal),
    claim: (id, signal) => send(`claim the producer stake of ${id}`, "claimNomination", [id], signal),
    vote: (voter, choices, signal) => send(`vote with validator ${voter}`, "vote", [voter, choices], signal),
    voteAsDelegator: (id, choices, signal) =>
      send(`vote with a delegation to validator ${id}`, "voteAsDelegator", [id, choices], signal),
    settle: (signal) => send("settle the election", "settle", [], signal),
    fillSeat: (key, signal) => send(`fill the seat of ${key}`, "replace", [key, SLASHED, "0x"], signal),
    resign: (key, signal) => send(`give up the seat of ${key}`, "replace", [key, RESIGNED, "0x"], signal),
    replaceOffline(facts, bitmap, signatures, signal) {
      const { chainId, key, fromBlock, toBlock, missed } = facts;
      const joined = Buffer.concat(signatures.map((signature) => Buffer.from(signature)));
      const certificate = [chainId, fromBlock, toBlock, missed, bitmap, joined];
      const evidence = AbiCoder.defaultAbiCoder().encode([CERTIFICATE], [certificate]);
      return send(`replace producer ${key}`, "replace", [key, OFFLINE, evidence], signal);
    },
    owed: async (account) => BigInt((await first("owed", [account])) as bigint),
    withdrawOwed: (to, signal) => send("withdraw what bounties left", "withdrawOwed", [to], signal),
  };
}

function readBallot(ballot: Result): { readonly weight: bigint; readonly choices: readonly bigint[] } {
  const choices = [...(ballot["choices"] as Result)].map((id) => BigInt(id as bigint));
  return { weight: field.bigint(ballot, "weight"), choices };
}

function readSeats(seats: Result): readonly ProducerSeat[] {
  return [...seats].map((seat: Result) => ({ id: field.bigint(seat, "id"), key: field.address(seat, "key") }));
}

function criteriaArgument(criteria: ProducerCriteria): Readonly<Record<string, unknown>> {
  const { country } = criteria;
  return { ...criteria, country: country ? `0x${Buffer.from(country, "ascii").toString("hex")}` : "0x0000" };
}

function readNominee(id: bigint, n: Result): NomineeRecord {
  const c = n["criteria"] as Result;
  const country = Buffer.from((c["country"] as string).slice(2), "hex").toString("ascii");
  return {
    id,
    owner: parseAddress(n["owner"] as string),
    key: parseAddress(n["key"] as string),
    stake: field.bigint(n, "stake"),
    status: STATUS[field.number(n, "status")] ?? "none",
    releaseAt: field.number(n, "releaseAt"),
    tenuresServed: field.number(n, "tenuresServed"),
    slashes: field.number(n, "slashes"),
    replacements: field.number(n, "replacements"),
    criteria: {
      declaredUptimeBps: field.number(c, "declaredUptimeBps"),
      cpuCores: field.number(c, "cpuCores"),
      ramGiB: field.number(c, "ramGiB"),
      diskGiB: field.number(c, "diskGiB"),
      bandwidthMbps: field.number(c, "bandwidthMbps"),
      ...(/^[A-Z]{2}$/.test(country) ? { country } : {}),
      regionM49: field.number(c, "regionM49"),
      autoScaling: field.boolean(c, "autoScaling"),
      extraHash: field.hash(c, "extraHash"),
    },
  };
}
