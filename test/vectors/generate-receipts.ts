// Writes receipt-fraud.json beside this file: `node test/vectors/generate-receipts.ts`. Transactions and receipts, honest
// and mutated, made with @ethereumjs and ethers only; the Solidity verifiers of kinds 8, 9, 12 and 13 and their TypeScript
// twins must agree on every one of them.
//
// tokens  mapped tokens: [child, root]
// cases   name, blocks of transactions and receipts (EIP-2718 bytes), the one that is meant, and the kinds that convict it
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { concat, getBytes, hexlify, id, toBeHex } from "ethers";
import { CHAIN_ID, type Log } from "./proof-chain.ts";
import {
  address,
  BRIDGE,
  bob,
  created,
  delivered,
  deposited,
  erc20Transfer,
  flippedBloom,
  fromCall,
  KMC,
  log,
  moved,
  NATIVE,
  NO_BYTES,
  ROOT,
  ROOT_INFO,
  receiptOf,
  recorded,
  replaced,
  SENDER,
  sign,
  spoilLog,
  spoilReceipt,
  TOKEN,
  toOneself,
  transferCall,
  withdrawn,
  word,
  words,
  ZERO,
} from "./receipt-parts.ts";

// Cases

interface Case {
  readonly name: string;
  readonly transactions: readonly string[];
  readonly receipts: readonly string[];
  /** Which of them is meant: the last one. */
  readonly index: number;
  /** How many logs its receipt has, those that cannot be counted left out. */
  readonly logs: number;
  /** Kinds of fraud that it is; none for an honest one. */
  readonly convicts: readonly number[];
}

const plain = sign({ to: bob });
const cases: Case[] = [];

function add(
  name: string,
  transaction: string,
  receipt: string,
  convicts: readonly number[] = [],
  logs?: number,
): void {
  cases.push({ name, transactions: [transaction], receipts: [receipt], index: 0, logs: logs ?? 0, convicts });
}
function addLogs(name: string, tx: string, logs: readonly Log[], convicts: readonly number[] = [], type = 2): void {
  add(name, tx, receiptOf(logs, { type }), convicts, logs.length);
}
function addSecond(name: string, gas: bigint, convicts: readonly number[] = []): void {
  const first = receiptOf([], { cumulativeGasUsed: 50_000n });
  const second = receiptOf([], { cumulativeGasUsed: gas });
  cases.push({ name, transactions: [plain, plain], receipts: [first, second], index: 1, logs: 0, convicts });
}

const call = sign({ data: transferCall(bob, 30n) });
const honestLogs = [erc20Transfer(SENDER, bob, 30n), moved()];
const pulled = sign({ data: fromCall(bob, 30n) });
const otherLog: Log = { address: address("a contract"), topics: [id("Anything()")], data: "0x1234" };

// Honest ones: no kind convicts them.
for (const type of [0, 1, 2]) {
  const receipt = receiptOf([], { type, cumulativeGasUsed: 21_000n });
  add(`plain payment of type ${type}`, sign({ type, to: bob, value: 1n }), receipt);
}
addLogs("token transfer", call, honestLogs);
addLogs("token transfer of type 0", sign({ type: 0, data: transferCall(bob, 30n) }), honestLogs, [], 0);
const listed = [[TOKEN, [id("slot"), id("other")]]] as const;
const listedCall = sign({ type: 1, data: transferCall(bob, 30n), accessList: listed });
addLogs("token transfer of type 1 with an access list", listedCall, honestLogs, [], 1);
addLogs("token transfer with trailing calldata", sign({ data: transferCall(bob, 30n, "0xdeadbeef") }), honestLogs);
addLogs("token transfer to oneself", sign({ data: transferCall(SENDER, 30n) }), [
  erc20Transfer(SENDER, SENDER, 30n),
  toOneself(),
]);
addLogs("token transfer of nothing by somebody new", sign({ data: transferCall(bob, 0n) }), [
  erc20Transfer(SENDER, bob, 0n),
  moved({ amount: 0n, input1: 0n, output1: 0n, output2: 5n, fromSeq: 1n }),
]);
addLogs("token transfer to somebody new", call, [
  erc20Transfer(SENDER, bob, 30n),
  moved({ input2: 0n, output2: 30n, toSeq: 1n }),
]);
add("token transfer that reverted", call, receiptOf([], { status: 0 }));
add(
  "token transfer with coins that reverted",
  sign({ data: transferCall(bob, 30n), value: 1n }),
  receiptOf([], { status: 0 }),
);
add("call of a token that does not exist yet", call, receiptOf([], { cumulativeGasUsed: 21_700n }));
add("coins for a token that does not exist yet", sign({ data: transferCall(bob, 1n), value: 5n }), receiptOf([]));
addLogs("transferFrom", pulled, honestLogs);
addLogs("transfer made by a contract, between other logs", sign({ to: address("a contract"), data: "0x12345678" }), [
  otherLog,
  ...honestLogs,
  { ...otherLog, topics: [] },
]);
addLogs("approval", sign({ data: "0x095ea7b3" }), [
  log(TOKEN, "Approval(address,address,uint256)", [SENDER, bob], words(2n ** 256n - 1n)),
]);
addLogs("delivery of a token deposit", sign({ to: BRIDGE, data: "0x01" }), [
  erc20Transfer(ZERO, bob, 9n),
  deposited(TOKEN, ROOT, bob, 9n, 0n, 9n, 1n),
  delivered(),
]);
addLogs("delivery of coins", sign({ to: BRIDGE, data: "0x02" }), [
  deposited(NATIVE, KMC, bob, 9n, 4n, 13n, 0n),
  delivered({ child: NATIVE }),
]);
addLogs("delivery that parks", sign({ to: BRIDGE, data: "0x03" }), [delivered({ credited: 0n, child: ZERO })]);
addLogs("delivery of a mapping", sign({ to: BRIDGE, data: "0x04" }), [created(), delivered()]);
addLogs("record of the root chain's validators", sign({ to: ROOT_INFO, data: "0x08" }), [recorded()]);
addLogs("claim", sign({ to: BRIDGE, data: "0x05" }), [
  log(BRIDGE, "DepositClaimed(uint64,address,address,address)", [toBeHex(3n, 32), ROOT, bob], words(BigInt(TOKEN))),
]);
addLogs("burn of tokens", sign({ data: "0x06" }), [
  erc20Transfer(SENDER, ZERO, 9n),
  withdrawn(TOKEN, ROOT, SENDER, bob, 9n, 10n, 1n, 5n),
]);
addLogs("burn of coins", sign({ to: NATIVE, value: 9n }), [withdrawn(NATIVE, KMC, SENDER, bob, 9n, 10n, 1n, 0n)]);
addLogs(
  "forty logs of all sizes",
  sign({ to: address("a contract"), gasLimit: 1_000_000n }),
  Array.from({ length: 40 }, (_, i) => ({
    address: address(`emitter ${i % 3}`),
    topics: Array.from({ length: i % 5 }, (_unused, t) => id(`topic ${i} ${t}`)),
    data: hexlify(new Uint8Array(i * 7).fill(i)),
  })),
);
add("creation of a contract", sign({ to: "", data: `0x60${"00".repeat(300)}` }), receiptOf([]));
addSecond("second transaction that pays the least", 71_000n);
addSecond("second transaction that uses its whole limit", 250_000n);

// Kind 8: transactions.
const ok0 = receiptOf([], { type: 0 });
const ok2 = receiptOf([]);
add("another chain's id, type 2", sign({ to: bob, chainId: 1n }), ok2, [8]);
add("another chain's id, type 0", sign({ type: 0, to: bob, chainId: 1n }), ok0, [8]);
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
add(
  "s in the upper half",
  sign({ to: bob }, (f) => f.with(-1, N - (f.at(-1) as bigint)).with(-3, 1n - (f.at(-3) as bigint))),
  ok2,
  [8],
);
add("r of zero", sign({ to: bob }, replaced(-2, 0n)), ok2, [8]);
add("parity of two", sign({ to: bob }, replaced(-3, 2n)), ok2, [8]);
add("v of 29", sign({ type: 0, to: bob }, replaced(6, 29n)), ok0, [8]);
add("tip above the fee cap", sign({ to: bob, maxFee: 10n, tip: 11n }), ok2, [8]);
add("gas limit above 2^24", sign({ to: bob, gasLimit: (1n << 24n) + 1n }), ok2, [8]);
add(
  "gas limit below the intrinsic gas",
  sign({ data: transferCall(bob, 30n), gasLimit: 21_300n }),
  receiptOf([], { cumulativeGasUsed: 21_300n }),
  [8],
);
add(
  "gas limit one below what its access list asks for",
  sign({ type: 1, to: bob, accessList: listed, gasLimit: 27_199n }),
  receiptOf([], { type: 1, cumulativeGasUsed: 27_199n }),
  [8],
);
add(
  "gas limit that its access list asks for",
  sign({ type: 1, to: bob, accessList: listed, gasLimit: 27_200n }),
  receiptOf([], { type: 1, cumulativeGasUsed: 27_200n }),
);
add("too much initcode", sign({ to: "", gasLimit: 1_000_000n, data: `0x${"00".repeat(49_153)}` }), ok2, [8]);
add("the one nonce that nobody may use", sign({ to: bob, nonce: 2n ** 64n - 1n }), ok2, [8]);
add("nonce with a leading zero", sign({ to: bob }, replaced(1, Uint8Array.of(0, 7))), ok2, [8]);
add("recipient of 19 bytes", sign({ to: bob }, replaced(5, new Uint8Array(19).fill(1))), ok2, [8]);
add(
  "a field too few",
  sign({ to: bob }, (f) => f.slice(1)),
  ok2,
  [8],
);
add("a byte after the list", concat([plain, "0x00"]), ok2, [8]);
add("transaction of type 3", concat(["0x03", getBytes(plain).subarray(1)]), ok2, [8, 9]);

// Kind 9: receipts.
add("receipt of another type", plain, receiptOf([], { type: 1 }), [9]);
add("receipt of type 3", plain, concat(["0x03", getBytes(ok2).subarray(1)]), [9]);
add(
  "status of two",
  plain,
  spoilReceipt(ok2, (f) => f.with(0, Uint8Array.of(2))),
  [9],
);
add(
  "five fields",
  plain,
  spoilReceipt(ok2, (f) => [...f, NO_BYTES]),
  [9],
);
add(
  "gas with a leading zero",
  plain,
  spoilReceipt(ok2, (f) => f.with(1, Uint8Array.of(0, 0xea, 0x60))),
  [9],
);
add("gas too little", plain, receiptOf([], { cumulativeGasUsed: 20_999n }), [9]);
add("gas above the transaction's limit", plain, receiptOf([], { cumulativeGasUsed: 200_001n }), [9]);
addSecond("second receipt without more gas", 50_000n, [9]);
addSecond("second receipt with too little more gas", 70_999n, [9]);
addSecond("second receipt with more gas than its transaction's limit", 250_001n, [9]);
add("bloom with a bit too many", plain, flippedBloom(ok2), [9]);
add(
  "bloom without its logs",
  plain,
  spoilReceipt(receiptOf([otherLog]), (f) => f.with(2, new Uint8Array(256))),
  [9],
  1,
);
add(
  "bloom of 255 bytes",
  plain,
  spoilReceipt(ok2, (f) => f.with(2, new Uint8Array(255))),
  [9],
);
add("failed with logs", plain, receiptOf([otherLog], { status: 0 }), [9], 1);
add(
  "five topics",
  plain,
  spoilLog(receiptOf([otherLog]), (f) =>
    f.with(
      1,
      Array.from({ length: 5 }, () => getBytes(id("t"))),
    ),
  ),
  [9],
);
add(
  "topic of 31 bytes",
  plain,
  spoilLog(receiptOf([otherLog]), (f) => f.with(1, [new Uint8Array(31).fill(1)])),
  [9],
);
add(
  "emitter of 19 bytes",
  plain,
  spoilLog(receiptOf([otherLog]), (f) => f.with(0, new Uint8Array(19).fill(1))),
  [9],
);
addLogs("event that the token does not have", pulled, [log(TOKEN, "Mint(address)", [bob], "0x")], [9]);
addLogs("token log without a name", pulled, [{ address: TOKEN, topics: [], data: "0x" }], [9]);
addLogs("token event with a topic too few", pulled, [{ ...moved(), topics: moved().topics.slice(0, 3) }], [9]);
addLogs("token event with a word too many", pulled, [{ ...moved(), data: concat([moved().data, word(0n)]) }], [9]);
addLogs("address topic with dirty bytes", pulled, [{ ...moved(), topics: moved().topics.with(2, id("dirty")) }], [9]);
addLogs("number that does not fit 64 bits", pulled, [moved({ toSeq: 1n << 64n })], [9]);
addLogs("boolean of two", sign({ to: BRIDGE, data: "0x01" }), [delivered({ credited: 2n })], [9]);
addLogs("deposit id of more than 64 bits", sign({ to: BRIDGE, data: "0x01" }), [delivered({ id: 1n << 64n })], [9]);
addLogs("record of more than 64 bits", sign({ to: ROOT_INFO }), [recorded(1n << 64n)], [9]);
addLogs("record with a word too few", sign({ to: ROOT_INFO }), [{ ...recorded(), data: words(1n, 2n) }], [9]);
addLogs("event that RootInfo does not have", sign({ to: ROOT_INFO }), [{ ...recorded(), topics: [id("Set()")] }], [9]);
addLogs("transfer log of the native coin", plain, [moved({ emitter: NATIVE, root: KMC })], [9, 13]);
addLogs(
  "name of a token that is cut short",
  sign({ to: BRIDGE }),
  [{ ...created(), data: words(96n, 128n, 18n) }],
  [9],
);

// Kind 12: transfers that are not those of the call.
const two = (first: Log, second: Log): readonly Log[] => [first, second];
const right = erc20Transfer(SENDER, bob, 30n);
addLogs(
  "transfer of another amount",
  call,
  two(erc20Transfer(SENDER, bob, 31n), moved({ amount: 31n, output1: 69n, output2: 36n })),
  [12],
);
addLogs(
  "transfer of another sender",
  call,
  two(erc20Transfer(bob, SENDER, 30n), moved({ from: bob, to: SENDER })),
  [12],
);
addLogs(
  "transfer to another recipient",
  call,
  two(erc20Transfer(SENDER, address("thief"), 30n), moved({ to: address("thief") })),
  [12],
);
addLogs("Transfer of another amount alone", call, two(erc20Transfer(SENDER, bob, 29n), moved()), [12]);
addLogs("logs in the wrong order", call, two(moved(), right), [12]);
addLogs("transfer without its second log", call, [right], [12]);
addLogs("transfer with a third log of its token", call, [right, moved(), right], [12]);
addLogs("transfer with a log of somebody else", call, [right, moved(), otherLog], [12]);
addLogs("transfer that carried coins", sign({ data: transferCall(bob, 30n), value: 1n }), honestLogs, [12]);
const dirtyCall = concat([id("transfer(address,uint256)").slice(0, 10), `0x01${word(bob).slice(4)}`, word(30n)]);
addLogs("transfer to half an address", sign({ data: dirtyCall }), honestLogs, [12]);
addLogs("transfer whose balances do not add up", call, two(right, moved({ output2: 36n })), [12, 13]);

// Kind 13: balances that cannot be, in a call that says nothing about them.
const impossible = (name: string, ...logs: readonly Log[]): void => addLogs(name, pulled, logs, [13]);
impossible("sender left with too much", moved({ output1: 71n }));
impossible("sender left with too little", moved({ output1: 69n }));
impossible("recipient left with too much", moved({ output2: 36n }));
impossible("recipient left with too little", moved({ output2: 34n }));
impossible("more moved than there was", moved({ amount: 101n, output1: 0n, output2: 106n }));
impossible("balances that wrap around", moved({ input2: 2n ** 256n - 1n, output2: 29n }));
impossible("balance above the supply's bound", moved({ input2: 2n ** 192n, output2: 2n ** 192n + 30n }));
impossible("first log of a sender who had something", moved({ fromSeq: 1n }));
impossible("first log of a recipient who had something", moved({ toSeq: 1n }));
impossible("number zero", moved({ fromSeq: 0n }));
impossible("recipient's number zero", moved({ toSeq: 0n }));
impossible("tokens of nobody", moved({ from: ZERO, input1: 30n, output1: 0n }));
impossible("tokens to nobody", moved({ to: ZERO }));
impossible("another root token", moved({ root: KMC }));
impossible("transfer to oneself that adds", toOneself({ output2: 130n }));
impossible("transfer to oneself that takes", toOneself({ output1: 70n }));
impossible("transfer to oneself with two numbers", toOneself({ toSeq: 5n }));
impossible("transfer to oneself of more than there is", toOneself({ amount: 101n }));
impossible("deposit that adds too much", deposited(TOKEN, ROOT, bob, 9n, 1n, 11n, 2n));
impossible("deposit of nobody's", deposited(TOKEN, ROOT, ZERO, 9n, 1n, 10n, 2n));
impossible("deposit of coins with a number", deposited(NATIVE, KMC, bob, 9n, 4n, 13n, 1n));
impossible("burn of nothing", withdrawn(TOKEN, ROOT, SENDER, bob, 0n, 10n, 10n, 5n));
impossible("burn for nobody", withdrawn(TOKEN, ROOT, SENDER, ZERO, 9n, 10n, 1n, 5n));
impossible("burn that leaves too much", withdrawn(TOKEN, ROOT, SENDER, bob, 9n, 10n, 2n, 5n));
impossible("burn of coins that were not there", withdrawn(NATIVE, KMC, SENDER, bob, 9n, 8n, 0n, 0n));
addLogs("second of two transfers", pulled, [...honestLogs, right, moved({ output2: 36n })], [13]);

writeFileSync(
  fileURLToPath(new URL("receipt-fraud.json", import.meta.url)),
  `${JSON.stringify(
    {
      chainId: CHAIN_ID,
      tokens: [
        [TOKEN, ROOT],
        [NATIVE, KMC],
      ],
      cases,
    },
    null,
    1,
  )}\n`,
);
