export { replayCommand } from "./replay-command.ts";
export { type Campaign, type CampaignOptions, type CampaignProgress, runCampaign } from "./run-campaign.ts";
export { type CampaignSum, sumUp } from "./sum-up.ts";
export { writeDumps } from "./write-dumps.ts";
