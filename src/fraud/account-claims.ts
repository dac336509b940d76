import { isAddress, parseAddress } from "../primitives/index.ts";
import type { AccountProof } from "../proofs/index.ts";
import { hashField, integerField, listField, malformed, nodesField, recordField } from "./proof-fields.ts";

/** Slots of one proof, as many as a node proves at once. */
const MAX_SLOTS = 1_024;

/**
 * What a file claims of an account, with the trie nodes that show it.
 *
 * @param path  place in the file, for messages
 * @throws {UserError} KOMA_E_PROOF_MALFORMED
 */
export function readAccountClaims(fields: Readonly<Record<string, unknown>>, path: string): AccountProof {
  const address = fields["address"];
  if (typeof address !== "string" || !isAddress(address)) throw malformed(`${path}.address is no address`);
  const slots = listField(fields["storageProof"], `${path}.storageProof`, MAX_SLOTS);
  return {
    address: parseAddress(address),
    accountProof: nodesField(fields["accountProof"], `${path}.accountProof`),
    balance: integerField(fields["balance"], `${path}.balance`, 78),
    nonce: integerField(fields["nonce"], `${path}.nonce`),
    codeHash: hashField(fields["codeHash"], `${path}.codeHash`),
    storageHash: hashField(fields["storageHash"], `${path}.storageHash`),
    storageProof: slots.map((slot, place) => readSlot(slot, `${path}.storageProof[${place}]`)),
  };
}

function readSlot(slot: unknown, path: string): AccountProof["storageProof"][number] {
  const fields = recordField(slot, path);
  return {
    key: hashField(fields["key"], `${path}.key`),
    value: integerField(fields["value"], `${path}.value`, 78),
    proof: nodesField(fields["proof"], `${path}.proof`),
  };
}
