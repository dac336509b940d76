import { describe } from "vitest";
import { describeNodeFolders } from "./input/node-folders.ts";
import { describePeerGarbage } from "./input/peer-garbage.ts";
import { describeRpcGarbage } from "./input/rpc-garbage.ts";
import { stageInput } from "./input/stage.ts";

// One devnet for all of them.
const stage = stageInput();
describeNodeFolders(stage);
describe("a node", () => {
  describeRpcGarbage(stage);
  describePeerGarbage(stage);
});
