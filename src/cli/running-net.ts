import { KomaError } from "../errors.ts";
import type { Ctx } from "./koma-command.ts";
import type { NetClient } from "./net-client.ts";

/**
 * The network that a command would use if there is one. Only without --network: whoever names a network wants that one,
 * and hears why it cannot be used.
 */
export async function runningNet(ctx: Ctx): Promise<NetClient | undefined> {
  try {
    return await ctx.net();
  } catch (error) {
    const absent = error instanceof KomaError && ABSENT.has(error.code);
    if (absent && ctx.cfg.network === undefined) return undefined;
    throw error;
  }
}

const ABSENT: ReadonlySet<string> = new Set(["KOMA_E_DEVNET_NOT_FOUND", "KOMA_E_DEVNET_STOPPED"]);
