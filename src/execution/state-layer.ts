import type { AccountState, BlockHeader } from "../chain/index.ts";
import { type Address, type Bytes, emptyBytes, type Hash } from "../primitives/index.ts";
import type { StateDiff } from "./state-store.ts";
import type { StateView } from "./state-view.ts";

/** State after a block that is not final: its changes over its parent's state. */
export class StateLayer implements StateView {
  readonly hash: Hash;
  readonly header: BlockHeader;
  readonly diff: StateDiff;
  /** The parent's layer, or the state of a final block. */
  protected below: StateView;

  constructor(block: { readonly hash: Hash; readonly header: BlockHeader }, diff: StateDiff, below: StateView) {
    this.hash = block.hash;
    this.header = block.header;
    this.diff = diff;
    this.below = below;
  }

  account(address: Address): AccountState | undefined {
    const { accounts } = this.diff;
    const known = accounts.get(address);
    return known !== undefined || accounts.has(address) ? known : this.below.account(address);
  }

  slot(address: Address, key: Hash): Bytes {
    const storage = this.diff.storage.get(address);
    const known = storage?.slots.get(key);
    if (known !== undefined) return known;
    return storage?.cleared ? emptyBytes : this.below.slot(address, key);
  }

  code(hash: Hash): Bytes {
    return this.diff.code.get(hash) ?? this.below.code(hash);
  }
}

/** From the one that stands on a final block up to `top`. */
export function layersUpTo<L extends StateLayer & { readonly parent: L | undefined }>(top: L | undefined): L[] {
  const layers: L[] = [];
  for (let at = top; at !== undefined; at = at.parent) layers.push(at);
  return layers.reverse();
}
