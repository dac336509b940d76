import { beforeEach, describe, expect, it } from "vitest";
import type { BlockHeader } from "../chain/index.ts";
import { type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import type { BlockConfidence, FinalityNews } from "../rpc/index.ts";
import { createNodeApi, type NodeApiParts, type NodeApiPublisher } from "./node-api.ts";
import { createWatchedThresholds, type WatchedThresholds } from "./watched-thresholds.ts";

const confidence: BlockConfidence = { confidence: 0.5, maxT: 1, level: 1, quorum: 3, faultyWeight: 0, N: 4 };
const hashAt = (number: bigint): Hash => keccakHash(utf8(`block ${number}`));
const headerOf = (number: bigint) => ({ number, parentHash: hashAt(number - 1n) }) as BlockHeader;

describe("news of finality", () => {
  let final: Map<number, bigint>;
  let thresholds: WatchedThresholds;
  let publisher: NodeApiPublisher;
  let heard: (bigint | "exceeded")[];
  const hear = (news: FinalityNews) => heard.push(news.kind === "final" ? news.header.number : "exceeded");
  const publish = (fraction: number, number: bigint) => {
    final.set(fraction, number);
    publisher.final(fraction, { hash: hashAt(number), header: headerOf(number), confidence });
  };

  beforeEach(() => {
    heard = [];
    final = new Map([
      [0.1, 5_000n],
      [1 / 3, 5_000n],
      [0.6, 4_990n],
    ]);
    const headers = new Map<Hash, BlockHeader>();
    for (let number = 0n; number <= 5_000n; number++) headers.set(hashAt(number), headerOf(number));
    thresholds = createWatchedThresholds([0.1, 1 / 3], {
      meta: { get: () => undefined, set: () => {}, delete: () => {} },
      onChange: () => {},
    });
    publisher = createNodeApi({
      genesis: { chainId: 80_401n },
      chain: { hashAt, header: (hash: Hash) => headers.get(hash) },
      thresholds,
      finalAt: (fraction: number) => hashAt(final.get(fraction) ?? 0n),
      confidence: () => confidence,
    } as unknown as NodeApiParts);
  });

  it("is that of the subscriber's own threshold, from the next block on", () => {
    const stop = publisher.api.onFinal(0.6, hear);
    publish(1 / 3, 5_001n);
    publish(0.6, 4_991n);
    expect(heard).toEqual([4_991n]);
    stop();
    publish(0.6, 4_992n);
    expect(heard).toEqual([4_991n]);
    expect(thresholds.list()).toEqual([0.1, 1 / 3]);
  });

  it("begins where a subscriber asks it to, in the past or in the future", () => {
    publisher.api.onFinal(0.6, hear, 4_988n);
    publish(0.6, 4_991n);
    expect(heard).toEqual([4_988n, 4_989n, 4_990n, 4_991n]);
    heard.length = 0;
    publisher.api.onFinal(1 / 3, hear, 5_002n);
    publish(1 / 3, 5_001n);
    publish(1 / 3, 5_002n);
    expect(heard).toEqual([5_002n]);
  });

  it("is refused from too far back, and nothing is watched for the sake of that", () => {
    expect(() => publisher.api.onFinal(0.6, hear, 4_990n - 1_024n)).toThrowError(
      expect.objectContaining({ code: "KOMA_E_RPC_LIMIT" }),
    );
    expect(thresholds.list()).toEqual([0.1, 1 / 3]);
    publisher.api.onFinal(0.6, hear, 4_990n - 1_023n);
    expect(heard).toHaveLength(1_024);
  });

  it("says when more weight cheats than the threshold allows, to those alone whom it concerns", () => {
    publisher.api.onFinal(0.1, hear, 5_001n);
    publisher.api.onFinal(0.6, hear);
    publisher.exceeded(0.1, 1, 4);
    expect(heard).toEqual(["exceeded"]);
  });
});
