// Writes consensus-evidence.json beside this file: `node test/vectors/generate-evidence.ts`. Solidity tests
// (contracts/test/fraud) and TypeScript tests (src/fraud) read it, so that both agree with a third implementation.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AbiCoder, id, TypedDataEncoder, type TypedDataField, Wallet, ZeroHash } from "ethers";

const CHAIN_ID = 7001;
const HEADER = "tuple(uint64 seq,bytes32 prev,bytes32 bodyHash)";

const field = (type: string, name: string): TypedDataField => ({ type, name });
const domain = { name: "KoMaBFT", version: "1", chainId: CHAIN_ID };
const unitType = {
  KomaUnit: [
    field("bytes32", "instance"),
    field("uint32", "creator"),
    field("uint64", "seq"),
    field("bytes32", "prev"),
    field("bytes32", "bodyHash"),
  ],
};
const endorsementType = {
  KomaEndorsement: [field("bytes32", "instance"), field("uint32", "endorser"), field("bytes32", "unit")],
};
const finalityType = {
  KomaFinality: [
    field("bytes32", "instance"),
    field("uint64", "height"),
    field("bytes32", "blockHash"),
    field("bytes32", "unit"),
  ],
};

const coder = AbiCoder.defaultAbiCoder();
const wallet = new Wallet(id("equivocator"));
const instance = id("instance");
const creator = 2;

interface Header {
  readonly seq: number;
  readonly prev: string;
  readonly bodyHash: string;
}

const digestOf = (header: Header) => TypedDataEncoder.hash(domain, unitType, { instance, creator, ...header });
const tuple = ({ seq, prev, bodyHash }: Header) => [seq, prev, bodyHash];

async function signUnit(header: Header) {
  return {
    ...header,
    hash: digestOf(header),
    signature: await wallet.signTypedData(domain, unitType, { instance, creator, ...header }),
  };
}

const units = {
  a: await signUnit({ seq: 5, prev: id("unit 4"), bodyHash: id("body a") }),
  b: await signUnit({ seq: 5, prev: id("unit 4"), bodyHash: id("body b") }),
  first: await signUnit({ seq: 0, prev: ZeroHash, bodyHash: id("first body") }),
};
const twoUnits = coder.encode(
  ["uint64", "bytes32", "uint32", HEADER, "bytes", HEADER, "bytes"],
  [CHAIN_ID, instance, creator, tuple(units.a), units.a.signature, tuple(units.b), units.b.signature],
);

// Another creator forks: `low` stands beside the unit under `top`, two units further up.
const endorser = 3;
const beside = { seq: 5, prev: id("unit 4"), bodyHash: id("lane 5") };
const middle = { seq: 6, prev: digestOf(beside), bodyHash: id("lane 6") };
const top = { seq: 7, prev: digestOf(middle), bodyHash: id("lane 7") };
const low = { seq: 5, prev: id("unit 4"), bodyHash: id("other 5") };
const endorse = (unit: string) => wallet.signTypedData(domain, endorsementType, { instance, endorser, unit });
const twoEndorsements = coder.encode(
  ["uint64", "bytes32", "uint32", "uint32", HEADER, "bytes", `${HEADER}[]`, "bytes"],
  [
    CHAIN_ID,
    instance,
    endorser,
    creator,
    tuple(low),
    await endorse(digestOf(low)),
    [top, middle, beside].map(tuple),
    await endorse(digestOf(top)),
  ],
);

const height = 32;
async function twoFinals(...pair: readonly (readonly [blockHash: string, unit: string])[]): Promise<string> {
  const halves: unknown[] = [];
  for (const [blockHash, unit] of pair) {
    halves.push([blockHash, unit]);
    halves.push(await wallet.signTypedData(domain, finalityType, { instance, height, blockHash, unit }));
  }
  const signed = "tuple(bytes32 blockHash,bytes32 unit)";
  return coder.encode(
    ["uint64", "bytes32", "uint64", signed, "bytes", signed, "bytes"],
    [CHAIN_ID, instance, height, ...halves],
  );
}
const twoFinalitySignatures = await twoFinals([id("block a"), id("unit a")], [id("block b"), id("unit b")]);
const twoUnitsOfABlock = await twoFinals([id("block a"), id("unit a")], [id("block a"), id("unit b")]);

const wrap = (type: number, inner: string) => coder.encode(["uint8", "bytes"], [type, inner]);
const vectors = {
  chainId: CHAIN_ID,
  signer: wallet.address,
  instance,
  creator,
  units,
  twoUnits: wrap(1, twoUnits),
  twoEndorsements: wrap(2, twoEndorsements),
  twoFinalitySignatures: wrap(3, twoFinalitySignatures),
  twoFinalUnits: wrap(3, twoUnitsOfABlock),
};
writeFileSync(
  fileURLToPath(new URL("consensus-evidence.json", import.meta.url)),
  `${JSON.stringify(vectors, null, 2)}\n`,
);
