import { Args, Flags } from "@oclif/core";
import { durationFlag } from "./flags.ts";

/** The nodes that a command of `koma devnet` acts on; its arguments are not strict. */
export const nodeArgs = {
  node: Args.string({ description: "Nodes: names, `all`, or patterns with *.", required: true, ignoreStdin: true }),
};

/** How long who is asked to end may take; `summary` says who. */
export function graceFlag(summary = "Time a node gets to end in order.") {
  return durationFlag({ summary, default: 10_000, defaultHelp: async () => "10s", env: "KOMA_DEVNET_GRACE" });
}

export const waitFlag = Flags.boolean({
  summary: "Wait until started nodes are ready.",
  default: true,
  allowNo: true,
  env: "KOMA_DEVNET_WAIT",
});

/** Whose database a command works on by itself. */
export const stoppedNodeFlag = Flags.string({
  summary: "Folder of the node, which must not run.",
  required: true,
  env: "KOMA_NODE_DIR",
  helpValue: "DIR",
});

/** What `--from` and `--to` say, each absent when it was not given. */
export function blockRangeOf({ from, to }: { readonly from?: bigint | undefined; readonly to?: bigint | undefined }): {
  readonly from?: bigint;
  readonly to?: bigint;
} {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
