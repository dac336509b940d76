import { hashFromBytes, keccak256, numberToBytes, utf8 } from "../../src/primitives/index.ts";
import { alice, bob, openTestChain, sign } from "./chain-fixture.ts";

// Run by a test in a process of its own, which the test kills while this commits blocks and own units without a pause.
// Each line on stdout names what was written when it was printed: "block <number>" or "unit <seq>".

const [directory, mode] = process.argv.slice(2) as [string, "blocks" | "units"];
const chain = await openTestChain({ directory });

if (mode === "blocks") {
  for (let nonce = 0n; ; nonce += 3n) {
    const payments = [0n, 1n, 2n].map((i) => sign(alice, { nonce: nonce + i, to: bob.address, value: nonce + i }));
    await chain.extend(payments);
    process.stdout.write(`block ${chain.executor.finalHead.number}\n`);
  }
} else {
  const instance = hashFromBytes(keccak256(utf8("instance")));
  chain.store.instances.open({
    hash: instance,
    generation: 0n,
    era: 0n,
    keyBlock: chain.executor.finalHead.hash,
    start: 0,
    body: utf8("{}"),
  });
  for (let seq = 0; ; seq++) {
    const hash = hashFromBytes(keccak256(numberToBytes(seq)));
    const foreign = hashFromBytes(keccak256(utf8(`foreign ${seq}`)));
    chain.store.units.appendUnit(instance, { hash: foreign, creator: 1, seq, bytes: utf8("foreign") });
    chain.store.units.appendOwnUnit(instance, { hash, creator: 0, seq, bytes: utf8(`own ${seq}`) });
    process.stdout.write(`unit ${seq}\n`);
    // Lets the other side of the pipe run.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
