import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signTransaction, type Transaction } from "../../src/chain/index.ts";
import { type Address, bytesToHex, type Hash } from "../../src/primitives/index.ts";
import { type LoneValidator, startLoneValidator } from "../support/lone-validator.ts";
import { alice, bob, clusterChainId, type FundedAccount, transfer } from "../support/node-cluster.ts";

const ROUNDS = 20;
/** Of each sort and spammer, in a round. */
const ZERO_PAYMENTS = 25;
const LOW_FEES = 15;
const PING_PONG = 10;
const spammers = [
  { from: alice, to: bob.address },
  { from: bob, to: alice.address },
] as const;

interface Answer {
  readonly id: number;
  readonly result?: Hash;
  readonly error?: { readonly data?: { readonly code?: string } };
}

/** White paper 5.11; KOMA ecosystem spec (f) 2: what the pool refuses, on a chain that is no devnet. */
describe("a flood of spam", () => {
  let lone: LoneValidator;
  let carol: FundedAccount;
  beforeAll(async () => {
    lone = await startLoneValidator({ eraMinBlocks: 1_000, publicChain: true });
    carol = lone.node.signer;
  });
  afterAll(() => lone.cluster.dispose());

  const stranger = (index: number) => `0x${index.toString(16).padStart(40, "9")}` as Address;
  const request = <T>(method: string, ...params: unknown[]) => lone.node.rpc().request<T>(method, params);

  /** What one spammer sends while its account has this nonce. */
  function spam({ from, to }: (typeof spammers)[number], round: number): readonly Transaction[] {
    const nonce = BigInt(round);
    const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 0n };
    const fields = { type: 2 as const, chainId: clusterChainId, gasLimit: 21_000n, data: new Uint8Array(0) };
    return [
      ...Array.from({ length: ZERO_PAYMENTS }, (_, i) => transfer(from, { nonce, to: stranger(i), value: 0n })),
      ...Array.from({ length: LOW_FEES }, (_, i) =>
        signTransaction({ ...fields, ...fees, nonce, to: stranger(i), value: 1n, accessList: [] }, from.key),
      ),
      // The same coin there and back, again and again.
      ...Array.from({ length: PING_PONG }, (_, i) => transfer(from, { nonce: nonce + BigInt(i), to, value: 1n })),
    ];
  }

  async function sendAll(transactions: readonly Transaction[]): Promise<readonly (string | undefined)[]> {
    const body = transactions.map(({ raw }, id) => {
      return { jsonrpc: "2.0", id, method: "eth_sendRawTransaction", params: [bytesToHex(raw)] };
    });
    const headers = { "content-type": "application/json" };
    const { url } = lone.node.node().rpc();
    const answers = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return ((await answers.json()) as readonly Answer[]).map(({ error }) => error?.data?.code);
  }

  it(`of ${ROUNDS * 2 * (ZERO_PAYMENTS + LOW_FEES + PING_PONG)} transactions leaves honest payments in the next block each time`, async () => {
    const codes = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const floods = spammers.map((spammer) => sendAll(spam(spammer, round)));
      const paid = transfer(carol, { nonce: BigInt(round), to: stranger(round), value: 5n });
      await request("eth_sendRawTransaction", bytesToHex(paid.raw));
      for (const code of (await Promise.all(floods)).flat()) {
        codes.set(code ?? "taken", (codes.get(code ?? "taken") ?? 0) + 1);
      }
      const height = lone.node.node().height();
      await lone.passBlocks(1);
      const receipt = await request<{ blockNumber: string; status: string }>("eth_getTransactionReceipt", paid.hash);
      expect(BigInt(receipt.blockNumber)).toBe(height + 1n);
      const block = await request<{ transactions: readonly Hash[] }>(
        "eth_getBlockByNumber",
        receipt.blockNumber,
        false,
      );
      // One of each spammer's payments, which paid for itself.
      expect(block.transactions).toHaveLength(1 + spammers.length);
    }
    const all = ROUNDS * spammers.length;
    expect(Object.fromEntries(codes)).toEqual({
      KOMA_E_SPAM_ZERO_PAYMENT: all * ZERO_PAYMENTS,
      KOMA_E_SPAM_FEE_TOO_LOW: all * LOW_FEES,
      KOMA_E_SPAM_DUP_OUTPUTS: all * (PING_PONG - 1),
      taken: all,
    });
    const rules = await request<readonly { rule: string; dropped: number }[]>("koma_getPoolRules");
    expect(Object.fromEntries(rules.map(({ rule, dropped }) => [rule, dropped]))).toMatchObject({
      ZeroPayment: all * ZERO_PAYMENTS,
      FeeTooLow: all * LOW_FEES,
      DuplicateOutputs: all * (PING_PONG - 1),
    });
    // Nothing of the flood is left behind, and the producer kept to the rules.
    expect(await request("txpool_status")).toMatchObject({ pending: "0x0", queued: "0x0" });
    const { producers } = await request<{ producers: readonly object[] }>("koma_producerPolicyScore");
    expect(producers).toMatchObject([
      { transactions: ROUNDS * 3, zeroPayments: 0, lowFees: 0, duplicates: 0, score: 1 },
    ]);
  });
});
