import { ProtocolError } from "../../errors.ts";
import { bytesToHex, type Hex } from "../../primitives/index.ts";
import { requireBlock } from "../block-lookup.ts";
import { invalidParams, RevertError } from "../json-rpc-error.ts";
import { quantity, word } from "../json-views.ts";
import type { RpcLimits } from "../limits.ts";
import { costly, type MethodGroup, method, unknownMethod } from "../method-table.ts";
import type { CallOutcome, NodeApi, Pretence } from "../node-api.ts";
import {
  readAddress,
  readArray,
  readBlockOverrides,
  readBlockReference,
  readCallRequest,
  readObject,
  readSlot,
  readStateOverrides,
} from "../params.ts";

/** Accounts, storage, proofs, and executions without consequences. */
export function ethStateMethods(api: NodeApi, limits: RpcLimits): MethodGroup {
  return {
    eth_getBalance: method(2, async ([address, block]) => {
      const owner = readAddress(address, "address");
      const { hash } = await requireBlock(api, block, "block");
      return quantity((await api.account(owner, hash)).balance);
    }),
    eth_getTransactionCount: method(2, async ([address, block]) => {
      const owner = readAddress(address, "address");
      const { selector } = readBlockReference(block, "block");
      if (selector.kind === "tag" && selector.tag === "pending") return quantity(await api.pendingNonce(owner));
      const { hash } = await requireBlock(api, block, "block");
      return quantity((await api.account(owner, hash)).nonce);
    }),
    eth_getCode: method(2, async ([address, block]) => {
      const owner = readAddress(address, "address");
      const { hash } = await requireBlock(api, block, "block");
      return bytesToHex(await api.code(owner, hash));
    }),
    eth_getStorageAt: method(3, async ([address, slot, block]) => {
      const owner = readAddress(address, "address");
      const key = readSlot(slot, "slot");
      const { hash } = await requireBlock(api, block, "block");
      return word(await api.slot(owner, key, hash));
    }),
    eth_getStorageValues: costly(2, async ([requests, block]) => {
      const asked = Object.entries(readObject(requests, "requests"));
      if (asked.length === 0) throw invalidParams("requests", "empty request");
      let left = limits.maxProofSlots;
      const wanted = asked.map(([address, slots]) => {
        const keys = readArray(slots, `requests.${address}`, left).map((key, i) =>
          readSlot(key, `requests.${address}[${i}]`),
        );
        left -= keys.length;
        return { name: address, owner: readAddress(address, "requests"), keys };
      });
      const { hash } = await requireBlock(api, block, "block");
      const values = await Promise.all(
        wanted.map(async ({ name, owner, keys }) => {
          const words = await Promise.all(keys.map(async (key) => word(await api.slot(owner, key, hash))));
          return [name, words] as const;
        }),
      );
      return Object.fromEntries(values);
    }),
    eth_call: costly(4, async ([request, block, overrides, blockOverrides]) => {
      const call = readCallRequest(request, "call");
      const pretence = readPretence(overrides, blockOverrides);
      const { hash } = await requireBlock(api, block, "block");
      return bytesToHex(returned(await api.call(call, hash, pretence)));
    }),
    eth_estimateGas: costly(4, async ([request, block, overrides, blockOverrides]) => {
      const call = readCallRequest(request, "call");
      const pretence = readPretence(overrides, blockOverrides);
      const { hash } = await requireBlock(api, block, "block");
      const outcome = await api.estimateGas(call, hash, pretence);
      if (outcome.kind === "estimated") return quantity(outcome.gas);
      throw failureOf(outcome);
    }),
    eth_createAccessList: costly(2, async ([request, block]) => {
      if (api.createAccessList === undefined) throw unknownMethod("eth_createAccessList");
      const call = readCallRequest(request, "call");
      const { hash } = await requireBlock(api, block, "block");
      const outcome = await api.createAccessList(call, hash);
      if (outcome.kind === "failed") throw executionFailed(outcome.reason);
      const { accessList, gasUsed, error } = outcome;
      return { accessList, gasUsed: quantity(gasUsed), ...(error === undefined ? {} : { error }) };
    }),
    eth_getProof: costly(3, async ([address, slots, block]) => {
      const owner = readAddress(address, "address");
      const asked = readArray(slots ?? [], "storageKeys", limits.maxProofSlots);
      const keys = asked.map((slot, i) => readSlot(slot, `storageKeys[${i}]`));
      const { hash } = await requireBlock(api, block, "block");
      const proof = await api.prove(owner, keys, hash);
      return {
        address: owner,
        balance: quantity(proof.balance),
        codeHash: proof.codeHash,
        nonce: quantity(proof.nonce),
        storageHash: proof.storageHash,
        accountProof: proof.accountProof.map(bytesToHex),
        storageProof: proof.storageProof.map(({ value, proof: nodes }, i) => ({
          key: writtenAs(asked[i] as string),
          value: quantity(value),
          proof: nodes.map(bytesToHex),
        })),
      };
    }),
  };
}

function readPretence(overrides: unknown, blockOverrides: unknown): Pretence {
  const state = readStateOverrides(overrides, "stateOverrides");
  const block = readBlockOverrides(blockOverrides, "blockOverrides");
  return { ...(state ? { state } : {}), ...(block ? { block } : {}) };
}

/** A key in the form it was asked for: tools compare it with what they sent. */
function writtenAs(asked: string): Hex {
  return asked.length === 66 ? (asked.toLowerCase() as Hex) : quantity(BigInt(asked));
}

function returned(outcome: CallOutcome): Uint8Array {
  if (outcome.kind === "returned") return outcome.data;
  throw failureOf(outcome);
}

/** The error for a call that did not go through. */
export function failureOf(outcome: Exclude<CallOutcome, { kind: "returned" }>): Error {
  return outcome.kind === "reverted" ? new RevertError(outcome.data) : executionFailed(outcome.reason);
}

function executionFailed(reason: string): ProtocolError {
  return new ProtocolError("KOMA_E_EXECUTION_FAILED", reason);
}
