import type { Transaction, TransactionFields } from "../../src/chain/index.ts";
import { type Address, type Bytes, type Hash, hexToBytes } from "../../src/primitives/index.ts";
import { sign, type TestAccount } from "./chain-fixture.ts";
import { playgroundCall } from "./playground.ts";
import type { Prng } from "./prng.ts";
import { initcodeOf, randomProgram } from "./random-program.ts";

export interface TransactionWorld {
  readonly senders: readonly TestAccount[];
  readonly play: Address;
  /** Addresses that calls and payments go to: accounts, contracts made so far, precompiles, nobody. */
  readonly places: Address[];
  readonly nonces: Map<Address, bigint>;
}

type Fields = Partial<TransactionFields>;
const word = (random: Prng) => `0x${random.between(0, 4).toString(16).padStart(64, "0")}` as Hash;
const small = (random: Prng) => BigInt(random.between(0, 5));
const place = (random: Prng, { places }: TransactionWorld) => random.pick(places) as Address;
const bytes = (random: Prng, most: number): Bytes =>
  Uint8Array.from({ length: random.between(0, most) }, () => random.between(0, 255));

const methods: readonly ((random: Prng, world: TransactionWorld) => readonly [string, ...unknown[]])[] = [
  (random) => ["write", small(random), small(random)],
  (random) => ["writeMany", small(random), BigInt(random.between(0, 6)), small(random)],
  (random, world) => ["mint", place(random, world), BigInt(random.between(0, 100))],
  (random, world) => ["transfer", place(random, world), BigInt(random.between(0, 100))],
  (random) => ["fail", small(random)],
  (random) => ["tryInner", small(random), small(random)],
  (random) => ["create", small(random)],
  (random) => ["create2", word(random), small(random)],
  (random, world) => ["createAndKill", word(random), BigInt(random.between(0, 9)), place(random, world)],
  (random, world) => ["killChild", place(random, world)],
  (random) => ["recover", word(random), 27 + random.between(0, 2), word(random), word(random)],
  () => ["count"],
  (random) => ["hashes", bytes(random, 200)],
  (random, world) => ["callRaw", place(random, world), small(random), bytes(random, 130)],
  (random) => ["nest", BigInt(random.between(0, 20))],
  (random) => ["sum", BigInt(random.between(0, 200))],
];

const kinds: readonly ((random: Prng, world: TransactionWorld) => Fields)[] = [
  (random, world) => ({ to: place(random, world), value: small(random), gasLimit: 100_000n }),
  (random, world) => {
    const [name, ...values] = random.pick(methods)?.(random, world) ?? ["count"];
    return { to: world.play, data: playgroundCall(name, ...values), gasLimit: gas(random) };
  },
  (random, world) => ({ data: initcodeOf(randomProgram(random, world.places)), gasLimit: gas(random) }),
  (random, world) => ({ data: randomProgram(random, world.places), value: small(random), gasLimit: gas(random) }),
  (random, world) => ({
    to: place(random, world),
    data: bytes(random, 300),
    value: small(random),
    gasLimit: gas(random),
  }),
  (random) => ({
    to: `0x${random.between(1, 10).toString(16).padStart(40, "0")}` as Address,
    data: random.next() < 0.5 ? bytes(random, 400) : precompileInput(random),
    gasLimit: gas(random),
  }),
];

/** Mostly enough; sometimes it runs out in the middle. */
function gas(random: Prng): bigint {
  return random.next() < 0.75 ? 800_000n : BigInt(random.between(60_000, 160_000));
}

/** Lengths and numbers that precompiles find reasonable. */
function precompileInput(random: Prng): Bytes {
  const words = Array.from({ length: random.between(1, 8) }, () =>
    random.between(0, 40).toString(16).padStart(64, "0"),
  );
  return hexToBytes(`0x${words.join("")}`);
}

/** The next transaction of a random sender, whom it can be from: its nonce fits. */
export function randomTransaction(random: Prng, world: TransactionWorld): Transaction {
  const sender = random.pick(world.senders) as TestAccount;
  const nonce = world.nonces.get(sender.address) ?? 0n;
  world.nonces.set(sender.address, nonce + 1n);
  const fields = random.pick(kinds)?.(random, world) ?? {};
  const type = random.pick([0, 1, 2, 2] as const) ?? 2;
  const accessList =
    type > 0 && random.next() < 0.4
      ? [
          {
            address: random.next() < 0.5 ? world.play : place(random, world),
            storageKeys: [word(random), word(random)],
          },
        ]
      : [];
  const tip = type === 2 ? { maxPriorityFeePerGas: random.pick([0n, 1n, 10n ** 9n]) ?? 0n } : {};
  return sign(sender, { ...fields, type, nonce, ...(type > 0 ? { accessList } : {}), ...tip });
}
