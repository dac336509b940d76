import type { Result } from "ethers";
import {
  type Address,
  addressOfKey,
  type Bytes,
  emptyBytes,
  formatAmount,
  type Hash,
  hexToBytes,
  parseAddress,
  parseHash,
  signDigest,
} from "../primitives/index.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import { openRootToken, signPermit } from "./root-token.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** A validator as StakeManager knows it. */
export interface ValidatorRecord {
  readonly id: bigint;
  readonly owner: Address;
  /** Wei of KMC. */
  readonly selfStake: bigint;
  readonly delegated: bigint;
  readonly rewardTo: Address;
  readonly signer: Address;
  readonly status: "none" | "active" | "unbonding" | "withdrawn";
  readonly seat: number;
  readonly commissionBps: number;
  readonly activationEpoch: bigint;
  readonly exitEpoch: bigint;
  /** Seconds; 0 when not unbonding. */
  readonly unbondAt: number;
  /** Seconds; 0 when not jailed. */
  readonly jailedUntil: number;
  readonly peerIdHash: Hash;
}

/** A seat with power in the current epoch: one bit of a checkpoint's bitmap. */
export interface ActiveSeat {
  readonly seat: number;
  readonly validatorId: bigint;
  readonly signer: Address;
  /** Wei of KMC. */
  readonly power: bigint;
}

export interface StakeRequest {
  /** Wei of KMC. */
  readonly amount: bigint;
  /** Key that will sign checkpoints and consensus units; it proves its possession. */
  readonly signerKey: Bytes;
  /** Default 0. */
  readonly commissionBps?: number;
  /** libp2p identity of the node, published for discovery. */
  readonly peerId?: Bytes;
  /** Take the seat of the validator with the least stake when all are taken; asks for more than 110 % of it. */
  readonly displace?: boolean;
}

export interface StakeParametersView {
  readonly minStakeWei: bigint;
  readonly maxValidators: number;
  /** Seconds. */
  readonly epochLength: number;
  readonly unbonding: number;
  readonly challengePeriod: number;
  /** Most checkpoints of one claim. */
  readonly claimBatch: number;
  /** Share of a stake that an offence of each class takes, and the finder's share of that, basis points. */
  readonly slashBps: Readonly<Record<string, number>>;
  readonly bountyBps: number;
}

/** What an offence has cost so far, wei of KMC. */
export interface SlashOutcome {
  /** Seats that have not been charged yet, one bit each. */
  readonly remainingSeats: bigint;
  readonly slashed: bigint;
  readonly bounty: bigint;
  readonly burned: bigint;
  readonly insured: bigint;
  readonly challenger: Address;
  readonly beneficiary: Address;
}

/** Stake, seats and what slashing did to them. */
export interface Stakes {
  readonly address: Address;
  params(): Promise<StakeParametersView>;
  epoch(): Promise<bigint>;
  /** Start of epoch 0, seconds, as of block `at` (default: the newest). */
  genesisTime(at?: Hash): Promise<number>;
  totalPower(): Promise<bigint>;
  /** In ascending order of seats, as of block `at` (default: the newest). */
  activeSet(at?: Hash): Promise<readonly ActiveSeat[]>;
  validator(id: bigint): Promise<ValidatorRecord | undefined>;
  /** Every validator there ever was, by id. */
  validators(): Promise<readonly ValidatorRecord[]>;
  /** Id of the validator that a key signs or signed for. */
  validatorOfSigner(signer: Address): Promise<bigint | undefined>;
  /** Stakes with an approval by signature; `id` is undefined after a dry run. */
  stake(request: StakeRequest, signal?: AbortSignal): Promise<SentTransaction & { readonly id: bigint | undefined }>;
  addStake(id: bigint, amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  rotateSigner(id: bigint, newSignerKey: Bytes, signal?: AbortSignal): Promise<SentTransaction>;
  setPeerId(id: bigint, peerId: Bytes, signal?: AbortSignal): Promise<SentTransaction>;
  unstake(id: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  unstakeClaim(id: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  unjail(id: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  /** What the validator keeps of its delegators' rewards from the next epoch on, basis points. */
  setCommission(id: bigint, commissionBps: number, signal?: AbortSignal): Promise<SentTransaction>;
  /** Ends the set-up: epoch 0 begins now. Only the owner, only once. */
  begin(signal?: AbortSignal): Promise<SentTransaction>;
  /** Offences whose seats have not all been charged. */
  openOffences(): Promise<readonly Hash[]>;
  slashOutcome(offenceId: Hash): Promise<SlashOutcome>;
  /** Charges the seats from `fromSeat` to `toSeat` for an offence; anyone. */
  executeSlash(offenceId: Hash, fromSeat: number, toSeat: number, signal?: AbortSignal): Promise<SentTransaction>;
  /** Wei of KMC that bounties left to an account. */
  owed(account: Address): Promise<bigint>;
  withdrawOwed(to: Address, signal?: AbortSignal): Promise<SentTransaction>;
}

const STATUS = ["none", "active", "unbonding", "withdrawn"] as const;
const PAGE = 100n;

/** @param ownerKey key of the sender, for the approval that staking carries along */
export function openStakes(context: RootClientContext, ownerKey: Bytes | undefined): Stakes {
  const contract = context.contract("StakeManager");
  const send = (action: string, method: string, args: readonly unknown[], signal?: AbortSignal) =>
    context.send(contract.call(action, method, args), signal);
  const first = async (method: string, args: readonly unknown[] = [], at?: Hash) =>
    (await contract.read(method, args, undefined, at))[0];

  async function proveSigner(owner: Address, signerKey: Bytes): Promise<Bytes> {
    const digest = hexToBytes((await first("signerProofDigest", [owner])) as string);
    return signDigest(digest, signerKey);
  }

  return {
    address: contract.address,
    async params() {
      const p = (await first("params")) as Result;
      return {
        minStakeWei: field.bigint(p, "minStake"),
        maxValidators: field.number(p, "maxValidators"),
        epochLength: field.number(p, "epochLength"),
        unbonding: field.number(p, "unbonding"),
        challengePeriod: field.number(p, "challengePeriod"),
        claimBatch: field.number(p, "claimBatch"),
        slashBps: {
          A: field.number(p, "slashBpsA"),
          B: field.number(p, "slashBpsB"),
          C: field.number(p, "slashBpsC"),
        },
        bountyBps: field.number(p, "bountyBps"),
      };
    },
    epoch: async () => BigInt((await first("epoch")) as bigint),
    genesisTime: async (at) => Number(await first("genesisTime", [], at)),
    totalPower: async () => BigInt((await first("totalPower")) as bigint),
    async activeSet(at) {
      const seats = (await first("activeSet", [], at)) as Result;
      return [...seats].map((seat: Result) => ({
        seat: field.number(seat, "seat"),
        validatorId: field.bigint(seat, "validatorId"),
        signer: field.address(seat, "signer"),
        power: field.bigint(seat, "power"),
      }));
    },
    async validator(id) {
      const record = readValidator(id, (await first("validator", [id])) as Result);
      return record.status === "none" ? undefined : record;
    },
    async validators() {
      const all: ValidatorRecord[] = [];
      for (let from = 1n; ; from += PAGE) {
        const page = [...((await first("validators", [from, PAGE])) as Result)] as Result[];
        page.forEach((entry, index) => {
          all.push(readValidator(from + BigInt(index), entry));
        });
        if (BigInt(page.length) < PAGE) return all;
      }
    },
    async validatorOfSigner(signer) {
      const id = BigInt((await first("validatorOfSigner", [signer])) as bigint);
      return id === 0n ? undefined : id;
    },
    async stake(request, signal) {
      const action = `stake ${formatAmount(request.amount)} KMC`;
      const owner = context.sender(action).address;
      const common = [
        request.amount,
        addressOfKey(request.signerKey),
        await proveSigner(owner, request.signerKey),
        request.commissionBps ?? 0,
        request.peerId ?? emptyBytes,
      ];
      let call = contract.call(action, request.displace ? "displace" : "stake", common);
      if (request.displace) {
        await openRootToken(context, context.contracts.KMC).ensureAllowance(contract.address, request.amount, signal);
      } else if (ownerKey) {
        const token = context.contract("KMC").address;
        const spender = contract.address;
        const permit = await signPermit(context, { token, owner, ownerKey, spender, amount: request.amount });
        call = contract.call(action, "stakeWithPermit", [...common, permit.deadline, permit.v, permit.r, permit.s]);
      }
      const sent = await context.send(call, signal);
      const event = findEvent(sent, contract, "Staked");
      return { ...sent, id: event === undefined ? undefined : field.bigint(event, "id") };
    },
    async addStake(id, amount, signal) {
      const action = `add ${formatAmount(amount)} KMC to validator ${id}`;
      await openRootToken(context, context.contracts.KMC).ensureAllowance(contract.address, amount, signal);
      return await send(action, "addStake", [id, amount], signal);
    },
    async rotateSigner(id, newSignerKey, signal) {
      const action = `change the signer key of validator ${id}`;
      const proof = await proveSigner(context.sender(action).address, newSignerKey);
      return await send(action, "rotateSigner", [id, addressOfKey(newSignerKey), proof], signal);
    },
    setPeerId: (id, peerId, signal) => send(`announce validator ${id}'s node`, "setPeerId", [id, peerId], signal),
    unstake: (id, signal) => send(`unstake validator ${id}`, "unstake", [id], signal),
    unstakeClaim: (id, signal) => send(`withdraw the stake of validator ${id}`, "unstakeClaim", [id], signal),
    unjail: (id, signal) => send(`unjail validator ${id}`, "unjail", [id], signal),
    setCommission: (id, commissionBps, signal) =>
      send(`change the commission of validator ${id}`, "setCommission", [id, commissionBps], signal),
    begin: (signal) => send("begin the first epoch", "begin", [], signal),
    async openOffences() {
      return [...((await first("openOffences")) as Result)].map((id) => parseHash(id as string));
    },
    async slashOutcome(offenceId) {
      const o = (await first("slashOutcome", [offenceId])) as Result;
      return {
        remainingSeats: field.bigint(o, "remaining"),
        slashed: field.bigint(o, "slashed"),
        bounty: field.bigint(o, "bounty"),
        burned: field.bigint(o, "burned"),
        insured: field.bigint(o, "insured"),
        challenger: field.address(o, "challenger"),
        beneficiary: field.address(o, "beneficiary"),
      };
    },
    executeSlash: (offenceId, fromSeat, toSeat, signal) =>
      send(`charge seats ${fromSeat} to ${toSeat}`, "executeSlash", [offenceId, fromSeat, toSeat], signal),
    owed: async (account) => BigInt((await first("owed", [account])) as bigint),
    withdrawOwed: (to, signal) => send("withdraw what bounties left", "withdrawOwed", [to], signal),
  };
}

function readValidator(id: bigint, v: Result): ValidatorRecord {
  return {
    id,
    owner: parseAddress(v["owner"] as string),
    selfStake: field.bigint(v, "selfStake"),
    delegated: field.bigint(v, "delegated"),
    rewardTo: field.address(v, "rewardTo"),
    signer: field.address(v, "signer"),
    status: STATUS[field.number(v, "status")] ?? "none",
    seat: field.number(v, "seat"),
    commissionBps: field.number(v, "commissionBps"),
    activationEpoch: field.bigint(v, "activationEpoch"),
    exitEpoch: field.bigint(v, "exitEpoch"),
    unbondAt: field.number(v, "unbondAt"),
    jailedUntil: field.number(v, "jailedUntil"),
    peerIdHash: field.hash(v, "peerIdHash"),
  };
}
