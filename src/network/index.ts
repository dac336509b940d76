export { type Channel, type ChannelLimits, defaultChannelLimits } from "./channel.ts";
export { createNetwork, type NetworkConfig } from "./create-network.ts";
export type { FaultFilter, FaultVerdict } from "./fault-filter.ts";
export { defaultNetworkLimits, type NetworkLimitOverrides, type NetworkLimits } from "./limits.ts";
export type { MessageHandler, Network, NetworkEvents, PeerInfo, RequestHandler } from "./network.ts";
export { type PeerAddress, type PeerId, parsePeerAddress, peerAddress, peerIdOf } from "./peer-id.ts";
