/** What a program learns from koma's exit status. The numbers are a promise. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  timeout: 4,
  conflict: 5,
  false: 6,
  rejected: 7,
  missing: 8,
  inputNeeded: 9,
  unreachable: 10,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** For `koma help exit-codes` and the reference page. */
export const exitCodeMeanings: readonly { readonly code: ExitCode; readonly name: string; readonly when: string }[] = [
  { code: 0, name: "ok", when: "done, or already so" },
  { code: 1, name: "failed", when: "the operation failed for a reason below no other code" },
  { code: 2, name: "usage", when: "unknown command or flag, bad value, invalid network file" },
  { code: 3, name: "not found", when: "devnet, node, key, transaction, block, checkpoint, validator" },
  { code: 4, name: "timeout", when: "a wait ran out" },
  { code: 5, name: "conflict", when: "already exists in another shape, port taken, lock held, wrong state" },
  { code: 6, name: "false", when: "a verification, expectation or comparison came out negative" },
  { code: 7, name: "rejected", when: "the chain refused: revert, invalid proof, too little stake, quorum missing" },
  { code: 8, name: "missing", when: "external program, file permission, Node version, native binding" },
  { code: 9, name: "input needed", when: "koma would have asked, but there is no terminal or --no-input is set" },
  { code: 10, name: "unreachable", when: "an endpoint or the supervisor does not answer" },
  { code: 70, name: "bug", when: "an unexpected exception" },
  { code: 130, name: "interrupted", when: "SIGINT" },
  { code: 143, name: "terminated", when: "SIGTERM" },
];
