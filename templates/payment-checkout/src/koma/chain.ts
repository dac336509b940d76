import { createPublicClient, defineChain, type Hash, http, type PublicClient } from "viem";
import type { Settings } from "./settings.ts";

export function komaChain(settings: Settings) {
  return defineChain({
    id: settings.chainId,
    name: settings.chainName,
    nativeCurrency: { name: "KOMA Coin", symbol: "KMC", decimals: 18 },
    rpcUrls: { default: { http: [settings.rpcUrl] } },
  });
}

/** Whoever asks asks again by himself, and must know at once when the node is away. */
export function komaClient(settings: Settings): PublicClient {
  return createPublicClient({ chain: komaChain(settings), transport: http(settings.rpcUrl, { retryCount: 0, timeout: 5_000 }) });
}

/** How strongly a block is final: the share of all stake that would have to cheat provably to revert it. */
export interface Confidence {
  readonly confidence: number;
  readonly level: number;
}

/** Asks the node for the confidence of a block; undefined while the node does not know the block. */
export async function blockConfidence(client: PublicClient, block: Hash): Promise<Confidence | undefined> {
  const request = client.request as unknown as (call: { method: string; params: unknown[] }) => Promise<unknown>;
  const answer = (await request({ method: "koma_getConfidence", params: [block] })) as Confidence | null;
  return answer ?? undefined;
}
