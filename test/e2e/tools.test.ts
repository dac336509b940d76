import { afterAll, beforeAll } from "vitest";
import type { DevnetData } from "../support/devnet.ts";
import { createKoma } from "../support/koma.ts";
import { describeEthers } from "./tools/ethers-cases.ts";
import { describeFoundry } from "./tools/foundry-cases.ts";
import { describeKomaMethods } from "./tools/koma-cases.ts";
import type { ToolsDevnet } from "./tools/tools-devnet.ts";
import { describeViem } from "./tools/viem-cases.ts";

// One devnet for all tools: they come one after the other, each with accounts and contracts of its own.

const koma = createKoma();
afterAll(() => koma.dispose());

let tools: ToolsDevnet;
beforeAll(async () => {
  const devnet = await koma.json<DevnetData>("devnet", "up", "--validators", "2");
  const { rpcUrl, wsUrl } = devnet.nodes[0] as DevnetData["nodes"][number];
  tools = { koma, devnet, rpcUrl, wsUrl };
});

describeEthers(() => tools);
describeViem(() => tools);
describeFoundry(() => tools);
describeKomaMethods(() => tools);
