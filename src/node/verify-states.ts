import {
  accountKey,
  emptyCodeHash,
  emptyTrieRoot,
  encodeAccount,
  encodeSlotValue,
  slotKey,
  Trie,
} from "../chain/index.ts";
import { keccakHash } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import { breathe } from "./stopped-node.ts";
import type { Mismatch } from "./verify-node.ts";

/** Accounts and blocks between two looks at signals. */
const STEP = 256;

/**
 * Computes the root of the state after the head from every account and slot, then goes back block by block, as far as states
 * are kept and `from` says. Of older states the accounts are checked; their slots are those of the head with what changed
 * since, and count by the storage roots in the accounts.
 */
export async function firstWrongState(
  { state, blocks }: Pick<Store, "state" | "blocks">,
  from: bigint,
  signal: AbortSignal,
  checked: (block: bigint) => void,
): Promise<Mismatch | undefined> {
  const head = blocks.head();
  if (!head) return undefined;
  let trie = Trie.empty;
  let batch: (readonly [Uint8Array, Uint8Array])[] = [];
  // All of them before the first pause: nothing else may use the connection while rows are walked over.
  for (const [address, account] of [...state.accounts()]) {
    const { storageRoot, codeHash } = account;
    if (storageRoot !== emptyTrieRoot || codeHash !== emptyCodeHash) {
      const slots = [...state.slots(address)].map(([key, value]) => [slotKey(key), encodeSlotValue(value)] as const);
      const root = Trie.fromEntries(slots).root();
      if (root !== storageRoot) return { block: head.number, problem: `has storage of ${address} with root ${root}` };
      const code = state.code(codeHash);
      if (!code || keccakHash(code) !== (codeHash as string)) {
        return { block: head.number, problem: `has no code ${codeHash} for ${address}` };
      }
    }
    batch.push([accountKey(address), encodeAccount(account)]);
    if (batch.length < STEP) continue;
    trie = trie.update(batch);
    batch = [];
    await breathe(signal);
  }
  trie = trie.update(batch);

  const oldest = from > state.historyStart() ? from : state.historyStart();
  for (let number = head.number; ; number--) {
    const root = trie.root();
    const expected = blocks.header(number)?.stateRoot;
    if (root !== expected) return { block: number, problem: `has a state of root ${root} in place of ${expected}` };
    checked(number);
    if (number <= oldest) return undefined;
    const changed = [...state.changedAccounts(number - 1n, number)];
    trie = trie.update(
      changed.map((address) => {
        const before = state.accountAt(address, number - 1n);
        return [accountKey(address), before && encodeAccount(before)] as const;
      }),
    );
    if (number % BigInt(STEP) === 0n) await breathe(signal);
  }
}
