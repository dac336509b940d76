import { describe, expect, it } from "vitest";
import { sign } from "../../test/support/chain-fixture.ts";
import { ann, bob, openLogCase } from "../../test/support/log-frauds.ts";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { type Hex, type Timestamp, zeroAddress, zeroHash } from "../primitives/index.ts";
import type { OpenedChallenge } from "../rootchain/index.ts";
import { type AnsweringRootChain, createChallengeAnswers } from "./challenge-answers.ts";

const { fraud, checkpoints } = openLogCase({
  2: { transactions: [sign(ann, { nonce: 0n, to: bob.address, value: 1n })] },
  5: { transactions: [sign(ann, { nonce: 2n, to: bob.address, value: 1n })] },
});
const blocks = await Promise.all(Array.from({ length: 8 }, (_, number) => fraud.archive.block(BigInt(number))));

function challenge(id: bigint, nonce: bigint): OpenedChallenge {
  return {
    id,
    claim: {
      kind: 7,
      chainId: fraud.chainId,
      number: 2n,
      structHash: zeroHash,
      blockHash: zeroHash,
      leaf: zeroHash,
      offenceId: zeroHash,
      token: zeroAddress,
      subject: ann.address,
      value: nonce,
      afterPosition: 0n,
      beforePosition: 5n << 64n,
      challenger: bob.address,
      bond: 1n,
      deadline: 1_000n,
    },
  };
}

/** A root chain with these open challenges, that says to answers what `says` says. */
function serve(
  open: readonly OpenedChallenge[],
  says: () => Error | undefined = () => undefined,
  { keptFrom = 0n, logger = silentLogger }: { readonly keptFrom?: bigint; readonly logger?: Logger } = {},
) {
  const answered: { readonly id: bigint; readonly evidence: Hex }[] = [];
  const abort = new AbortController();
  // Time stands still until it is over.
  let now = 0;
  const rootChain: AnsweringRootChain = {
    checkpoints: {
      checkpoint: async (wanted) => checkpoints.find(({ number }) => number === wanted),
      checkpointCovering: async (block) => checkpoints[block < 4n ? 0 : 1],
    },
    newestCheckpointed: async () => 7n,
    open: async () => open,
    async respond({ id }, evidence) {
      const refusal = says();
      if (refusal) {
        now = 2_000_000;
        throw refusal;
      }
      answered.push({ id, evidence });
    },
  };
  const answers = createChallengeAnswers({
    rootChain,
    block: (number) => blocks[Number(number)],
    keptFrom: () => keptFrom,
    clock: { now: () => now as Timestamp },
    logger,
    signal: abort.signal,
  });
  return { answers, answered, abort };
}

describe("a validator", () => {
  it("answers a false claim with the transaction that is said to be missing, once", async () => {
    const { answers, answered } = serve([]);
    answers.opened(challenge(1n, 0n));
    answers.opened(challenge(1n, 0n));
    await answers.stopped();
    expect(answered.map(({ id }) => id)).toEqual([1n]);
    expect(answered[0]?.evidence.length).toBeGreaterThan(2);
  });

  it("takes up at its start what was opened while it was away", async () => {
    const { answers, answered } = serve([challenge(3n, 0n), challenge(4n, 0n)]);
    answers.start();
    await answers.stopped();
    await answers.stopped();
    expect(answered.map(({ id }) => id)).toEqual([3n, 4n]);
  });

  it("has nothing to say to a true claim, and stops looking when it stops", async () => {
    const { answers, answered, abort } = serve([]);
    answers.opened(challenge(1n, 1n));
    abort.abort();
    await answers.stopped();
    expect(answered).toEqual([]);
  });

  it.each([
    { title: "that it may have pruned the answer", keptFrom: 3n, afterPosition: 0n, pruned: true },
    { title: "nothing of that where it keeps all that counts", keptFrom: 3n, afterPosition: 3n << 64n, pruned: false },
    { title: "nothing of that where it keeps everything", keptFrom: 0n, afterPosition: 0n, pruned: false },
  ])("says $title, when the time for an answer is over", async ({ keptFrom, afterPosition, pruned }) => {
    const said: string[] = [];
    const logger: Logger = { ...silentLogger, error: (_, sentence) => void said.push(sentence) };
    const { answers } = serve([], undefined, { keptFrom, logger });
    const { id, claim } = challenge(1n, 1n);
    answers.opened({ id, claim: { ...claim, afterPosition, deadline: -1n } });
    await answers.stopped();
    expect(said).toHaveLength(1);
    expect(said[0]?.includes("pruned")).toBe(pruned);
  });

  it("leaves it be when somebody else was faster, and tries again when the root chain was away", async () => {
    let asked = 0;
    const closed = serve([], () => {
      asked += 1;
      return new ProtocolError("KOMA_E_CHALLENGE_CLOSED", "It is not open.");
    });
    closed.answers.opened(challenge(1n, 0n));
    await closed.answers.stopped();
    expect(asked).toBe(1);

    const away = serve([], () => new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "Nobody answers."));
    away.answers.opened(challenge(1n, 0n));
    await away.answers.stopped();
    expect(away.answered).toEqual([]);
  });
});
