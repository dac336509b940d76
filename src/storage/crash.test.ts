import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { alice, bob, openTestChain, sign, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { hashFromBytes, keccak256, numberToBytes, utf8 } from "../primitives/index.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const program = new URL("../../test/support/write-until-killed.ts", import.meta.url).pathname;

/** Starts the writer, kills it with SIGKILL once it printed `lines` lines, and gives the last one it printed. */
async function killAfter(lines: number, directory: string, mode: "blocks" | "units"): Promise<string> {
  const child = spawn(process.execPath, [program, directory, mode], { stdio: ["ignore", "pipe", "inherit"] });
  let last = "";
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (++seen === lines) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return last;
}

describe("after kill -9 in the middle of writing", () => {
  it("every block that was final is there, whole, and the chain goes on", async () => {
    const directory = directories.create();
    for (const lines of [7, 23]) {
      const written = BigInt((await killAfter(lines, directory, "blocks")).split(" ")[1] ?? -1);
      // Opening rebuilds the account trie and compares its root with the header: a half-written block could not pass.
      const chain = await openTestChain({ directory });
      const { number } = chain.executor.finalHead;
      expect(number).toBeGreaterThanOrEqual(written);
      const block = chain.store.blocks.block(number);
      expect(block?.transactions).toHaveLength(3);
      expect(chain.store.blocks.receipts(number)).toHaveLength(3);
      const paid = chain.executor.stateAt(number).account(bob.address)?.balance ?? 0n;
      const payments = number * 3n;
      expect(paid - 10n ** 24n).toBe((payments * (payments - 1n)) / 2n);
      await chain.executor.rollback(0n);
      await chain.extend([sign(alice, { nonce: 0n, to: bob.address, value: 1n })]);
      await chain.executor.rollback(0n);
      chain.close();
    }
  }, 60_000);

  it("our last unit is there, with the unit it cites before it, and cannot be signed again", async () => {
    const directory = directories.create();
    const written = Number((await killAfter(40, directory, "units")).split(" ")[1]);
    const chain = await openTestChain({ directory });
    const { units } = chain.store;
    const instance = hashFromBytes(keccak256(utf8("instance")));
    const head = units.ownHead(instance);
    expect(head?.seq).toBeGreaterThanOrEqual(written);
    const stored = [...units.units(instance)];
    const own = stored.filter((unit) => unit.creator === 0);
    expect(own.map((unit) => unit.seq)).toEqual(own.map((_, seq) => seq));
    expect(own.at(-1)?.hash).toBe(head?.hash);
    for (const unit of own) {
      const cited = stored.findIndex((other) => other.creator === 1 && other.seq === unit.seq);
      expect(cited).toBeGreaterThanOrEqual(0);
      expect(cited).toBeLessThan(stored.indexOf(unit));
    }
    const again = { hash: hashFromBytes(keccak256(numberToBytes(999_999))), creator: 0, bytes: utf8("another") };
    expect(() => units.appendOwnUnit(instance, { ...again, seq: head?.seq ?? 0 })).toThrowError(/second own unit/);
    units.appendOwnUnit(instance, { ...again, seq: (head?.seq ?? 0) + 1 });
    chain.close();
  }, 60_000);
});
