import type { Transaction } from "../../src/chain/index.ts";
import type { Address } from "../../src/primitives/index.ts";
import { account, alice, type openTestChain, sign } from "./chain-fixture.ts";
import { playground, playgroundCall } from "./playground.ts";

type Chain = Awaited<ReturnType<typeof openTestChain>>;

/** Recipients of payments, so that a block touches many accounts. */
const recipients: readonly Address[] = Array.from({ length: 2_000 }, (_, i) => account(`recipient ${i}`).address);

export type Load = "transfer" | "erc20" | "storage";

/**
 * A chain's next block of one kind of transaction, signed beforehand: benchmarks must not measure the wallet.
 *
 * @returns a maker of `count` transactions that follow the final state
 */
export async function prepareLoad(chain: Chain, load: Load): Promise<(count: number) => readonly Transaction[]> {
  let token: Address | undefined;
  if (load !== "transfer") {
    const deploy = sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode });
    token = (await chain.extend([deploy])).results[0]?.contractAddress;
    await chain.extend([
      sign(alice, {
        nonce: 1n,
        to: token,
        gasLimit: 200_000n,
        data: playgroundCall("mint", alice.address, 10n ** 18n),
      }),
    ]);
  }
  return (count) => {
    const first = chain.executor.stateAt(chain.executor.finalHead.hash).account(alice.address)?.nonce ?? 0n;
    return Array.from({ length: count }, (_, i) => {
      const nonce = first + BigInt(i);
      const to = recipients[Number(nonce) % recipients.length];
      if (load === "transfer") return sign(alice, { nonce, to, value: 1n });
      const data =
        load === "erc20"
          ? playgroundCall("transfer", to, 1n)
          : playgroundCall("writeMany", BigInt(i) * 20n, 20n, nonce);
      return sign(alice, { nonce, to: token, gasLimit: load === "erc20" ? 100_000n : 600_000n, data });
    });
  };
}
