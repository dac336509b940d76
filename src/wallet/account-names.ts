/** Names of a devnet's accounts, by index; those beyond the list are `account-<index>`. */
const NAMES = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"] as const;

export function accountName(index: number): string {
  return NAMES[index] ?? `account-${index}`;
}

/** Index of a devnet account's name, or undefined when it is none. */
export function accountIndex(name: string): number | undefined {
  const named = (NAMES as readonly string[]).indexOf(name);
  if (named >= 0) return named;
  const numbered = /^account-([1-9][0-9]{1,3})$/.exec(name);
  return numbered ? Number(numbered[1]) : undefined;
}
