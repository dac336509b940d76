import type { Libp2p } from "libp2p";
import { EnvironmentError, UserError } from "../errors.ts";
import type { Bytes } from "../primitives/index.ts";
import type { NetworkLimits } from "./limits.ts";
import { libp2pKey, listenAddress, type PeerId } from "./peer-id.ts";

export type Connection = ReturnType<Libp2p["getConnections"]>[number];
export type Stream = Awaited<ReturnType<Connection["newStream"]>>;

/** The part of @libp2p/gossipsub this module uses. */
export type Gossip = ReturnType<ReturnType<typeof import("@libp2p/gossipsub").gossipsub>>;

export interface HostOptions {
  readonly privateKey: Bytes;
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits: NetworkLimits;
  readonly maxConnections: number;
  /** False refuses a peer before its connection costs anything more than the handshake that names it. */
  readonly admits: (peer: PeerId, direction: "in" | "out") => boolean;
  /** Topics to gossip about; none leaves gossipsub out, also of memory. */
  readonly gossip?: { readonly topics: readonly string[]; readonly maxMessageBytes: number };
}

export interface Host {
  readonly libp2p: Libp2p;
  readonly gossip: Gossip | undefined;
}

/**
 * Largest window of one stream. It bounds what a peer may still send after this node stopped reading, and must stay
 * below the stream's read buffer of 4 MiB, whose overflow resets the stream.
 */
const maxStreamWindowBytes = 1024 * 1024;

/** Starts libp2p and listens. @throws {UserError} KOMA_E_PORT_TAKEN @throws {EnvironmentError} KOMA_E_LISTEN_FAILED */
export async function startHost(options: HostOptions): Promise<Host> {
  // Loaded here and not above: commands that only name peers should not pay half a second for the stack.
  const [{ createLibp2p }, { tcp }, { noise }, { yamux }, { identify }] = await Promise.all([
    import("libp2p"),
    import("@libp2p/tcp"),
    import("@libp2p/noise"),
    import("@libp2p/yamux"),
    import("@libp2p/identify"),
  ]);
  const gossip = options.gossip === undefined ? undefined : await gossipService(options.gossip);
  const { host, port } = options.listen;
  const libp2p = await createLibp2p({
    start: false,
    privateKey: libp2pKey(options.privateKey),
    nodeInfo: { name: "koma", userAgent: "koma" },
    addresses: { listen: [listenAddress(host === "localhost" ? "127.0.0.1" : host, port)] },
    transports: [tcp({ dialOpts: { noDelay: true }, listenOpts: { noDelay: true } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: maxStreamWindowBytes } })],
    // Only gossip needs to be told a peer's protocols: a frame stream that is not understood fails to open.
    ...(gossip === undefined ? {} : { services: { identify: identify(), gossip } }),
    // Frames carry their own pings, which also notice a peer whose process hangs.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: options.maxConnections,
      inboundConnectionThreshold: options.limits.inboundConnectionsPerSecond,
      maxIncomingPendingConnections: Math.max(10, options.limits.inboundConnectionsPerSecond),
    },
    connectionGater: {
      denyDialPeer: (peer) => !options.admits(peer.toString(), "out"),
      denyInboundEncryptedConnection: (peer) => !options.admits(peer.toString(), "in"),
    },
  });
  try {
    await libp2p.start();
  } catch (error) {
    throw listenFailure(error, host, port);
  }
  const services: { readonly gossip?: Gossip } = libp2p.services ?? {};
  return { libp2p, gossip: services.gossip };
}

async function gossipService(options: { readonly topics: readonly string[]; readonly maxMessageBytes: number }) {
  const [{ gossipsub, StrictNoSign }, { keccak256 }] = await Promise.all([
    import("@libp2p/gossipsub"),
    import("../primitives/index.ts"),
  ]);
  return gossipsub({
    // What is gossiped is signed by its author or checked by dialling: a second signature would only be paid for.
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) => keccak256(message.data).subarray(0, 20),
    allowedTopics: [...options.topics],
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundDataLength: options.maxMessageBytes,
    maxOutboundBufferSize: 8 * options.maxMessageBytes,
    maxTopicBytesPerPeer: 16 * 1024,
  });
}

function listenFailure(cause: unknown, host: string, port: number): UserError | EnvironmentError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes("EADDRINUSE")) {
    return new UserError(
      "KOMA_E_PORT_TAKEN",
      `Port ${port} on ${host} is in use; peers cannot be listened for there.`,
      {
        facts: { host, port },
        fix: ["Stop the program that uses the port, or choose another one."],
        cause,
      },
    );
  }
  return new EnvironmentError("KOMA_E_LISTEN_FAILED", `Cannot listen for peers on ${host}:${port}.`, {
    facts: { host, port, reason: text.slice(0, 300) },
    fix: ["Give an IP address of this machine, 127.0.0.1 or 0.0.0.0."],
    cause,
  });
}
