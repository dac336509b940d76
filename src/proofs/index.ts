export * from "./account-inclusion.ts";
export * from "./block-proof.ts";
export * from "./header-proof.ts";
export * from "./inclusion-proof.ts";
export * from "./merkle-tree.ts";
export * from "./proof-rejection.ts";
export * from "./state-proof.ts";
export { listItemAt, nodesToHex, trieValueAt, verifyTrieProof } from "./trie-proof.ts";
export { placeInWalk, type TrieWalk, walkList } from "./trie-walk.ts";
