// Writes log-evidence.json beside this file: `node test/vectors/generate-log-evidence.ts`. Challenges of kinds 10, 11 and 14
// as the finders of src/fraud craft them; the Solidity verifiers convict each (contracts/test/fraud/LogVectors.t.sol).
//
// tokens    [child, root]
// deposits  [id, hash] that the root chain holds
// cases     kind, what is wrong, both checkpoints, the evidence, and the receipt that is the offence
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { craftChallenge, findFraud, fraudKindOf } from "../../src/fraud/index.ts";
import { testChainId } from "../support/chain-fixture.ts";
import { held, logFrauds, openLogCase, rootToken, token } from "../support/log-frauds.ts";

const cases = [];
for (const { kind, what, contents } of logFrauds) {
  const { fraud, checkpoints } = openLogCase(contents);
  const { found } = await findFraud(fraud, checkpoints, fraudKindOf(kind));
  for (const { fault } of found) {
    const challenge = await craftChallenge(fraud.archive, fault, 64n);
    const at = "second" in fault ? fault.second : "at" in fault ? fault.at : undefined;
    const archived = at && (await fraud.archive.block(at.block));
    cases.push({
      kind: challenge.kind,
      what,
      checkpoints: checkpoints.map(({ number, start, end, rootHash }) => {
        return { number: Number(number), start: Number(start), end: Number(end), rootHash };
      }),
      evidence: challenge.evidence,
      blockHash: archived?.block.hash,
      txIndex: at?.index,
    });
  }
}
const vectors = {
  chainId: Number(testChainId),
  tokens: [[token, rootToken]],
  deposits: [...held].map(([id, hash]) => ({ id: Number(id), hash })),
  cases,
};
const file = fileURLToPath(new URL("log-evidence.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(vectors, null, 1)}\n`);
