/**
 * What a node of a devnet and its supervisor say to each other, over the IPC channel that the supervisor opens when it
 * starts the node's process. The channel is the lifeline as well: a node whose channel closes exits within two seconds.
 *
 * On the wire each message is a JSON object; what the chain counts (heights) travels as a decimal string.
 */

/** Said by the node. */
export type NodeMessage =
  | { readonly type: "hello"; readonly node: string; readonly pid: number; readonly version: string }
  | {
      readonly type: "ready";
      readonly rpcUrl: string;
      readonly wsUrl: string;
      readonly peerId: string;
      readonly p2p: readonly string[];
      readonly height: bigint;
    }
  | {
      readonly type: "head";
      readonly number: bigint;
      readonly hash: string;
      readonly producer: string;
      readonly transactions: number;
    }
  | { readonly type: "finalized"; readonly number: bigint; readonly hash: string; readonly producer: string }
  | { readonly type: "peers"; readonly count: number }
  | {
      readonly type: "checkpoint";
      readonly number: bigint;
      readonly start: bigint;
      readonly end: bigint;
      readonly state: string;
    }
  | { readonly type: "evidence"; readonly kind: string; readonly validator: string; readonly detail: string }
  /** A behaviour ordered with `behave` did what it is for once more, or will not again. */
  | {
      readonly type: "behaviour";
      readonly handle: string;
      readonly kind: string;
      readonly event: "performed" | "finished";
      readonly detail: string;
    }
  /** Answer to the command with the same `id`. */
  | { readonly type: "answer"; readonly id: number; readonly ok: true }
  | {
      readonly type: "answer";
      readonly id: number;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
    }
  /** Last words: the reason of an exit that nobody asked for. */
  | { readonly type: "exit"; readonly code: string; readonly message: string };

/** How messages to one peer are mistreated on purpose; probabilities are 0 to 1. */
export interface LinkFault {
  /** Name of the other node, or `*`. */
  readonly peer: string;
  readonly direction: "in" | "out" | "both";
  readonly drop?: number;
  readonly delayMs?: number;
  readonly jitterMs?: number;
}

/** Said by the supervisor; the node answers each with `answer` and the same `id`. */
export type NodeCommand =
  /** The first one: everything that the node needs is on disk. */
  | { readonly type: "begin"; readonly id: number }
  | { readonly type: "shutdown"; readonly id: number; readonly graceMs: number }
  | {
      readonly type: "behave";
      readonly id: number;
      readonly handle: string;
      readonly kind: string;
      /** Names of the nodes that do it. */
      readonly actors: readonly string[];
      /** Names of the others that go along: they accept what the actors do, sign it, and report nothing. */
      readonly collude: readonly string[];
      /** Number of the first block that it concerns, decimal; undefined, or a block of the past: at once. */
      readonly at?: string;
      /** How often it is done before it ends by itself; undefined: until healed. */
      readonly times?: number;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly type: "fault"; readonly id: number; readonly handle: string; readonly links: readonly LinkFault[] }
  | { readonly type: "heal"; readonly id: number; readonly handle: string };

type Shape = Readonly<Record<string, "string" | "number" | "bigint" | "boolean" | "strings">>;

const MESSAGE_SHAPES: Readonly<Record<NodeMessage["type"], Shape>> = {
  hello: { node: "string", pid: "number", version: "string" },
  ready: { rpcUrl: "string", wsUrl: "string", peerId: "string", p2p: "strings", height: "bigint" },
  head: { number: "bigint", hash: "string", producer: "string", transactions: "number" },
  finalized: { number: "bigint", hash: "string", producer: "string" },
  peers: { count: "number" },
  checkpoint: { number: "bigint", start: "bigint", end: "bigint", state: "string" },
  evidence: { kind: "string", validator: "string", detail: "string" },
  behaviour: { handle: "string", kind: "string", event: "string", detail: "string" },
  answer: { id: "number", ok: "boolean" },
  exit: { code: "string", message: "string" },
};

const COMMAND_TYPES: ReadonlySet<string> = new Set<NodeCommand["type"]>([
  "begin",
  "shutdown",
  "behave",
  "fault",
  "heal",
]);

/** JSON-safe form for `process.send`. */
export function encodeAdmin(message: NodeMessage | NodeCommand): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [key, typeof value === "bigint" ? value.toString() : value]),
  );
}

/** The node's message in `raw`, or undefined when `raw` is none: a child process may send anything. */
export function decodeNodeMessage(raw: unknown): NodeMessage | undefined {
  if (!isRecord(raw) || typeof raw["type"] !== "string" || !Object.hasOwn(MESSAGE_SHAPES, raw["type"]))
    return undefined;
  const shape = MESSAGE_SHAPES[raw["type"] as NodeMessage["type"]];
  const message: Record<string, unknown> = { ...raw };
  for (const [key, kind] of Object.entries(shape)) {
    const value = readField(raw[key], kind);
    if (value === undefined) return undefined;
    message[key] = value;
  }
  return message as unknown as NodeMessage;
}

/** The supervisor's command in `raw`, or undefined when it is none. */
export function decodeNodeCommand(raw: unknown): NodeCommand | undefined {
  if (!isRecord(raw) || typeof raw["type"] !== "string" || !COMMAND_TYPES.has(raw["type"])) return undefined;
  return typeof raw["id"] === "number" ? (raw as unknown as NodeCommand) : undefined;
}

function readField(value: unknown, kind: Shape[string]): unknown {
  switch (kind) {
    case "bigint":
      return typeof value === "string" && /^[0-9]{1,39}$/.test(value) ? BigInt(value) : undefined;
    case "strings":
      return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
    default:
      return typeof value === kind ? value : undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
