import { type Ctx, KomaCommand } from "../../src/cli/index.ts";
import type { KeyInfo } from "../../src/wallet/index.ts";

export default class KeysList extends KomaCommand<readonly KeyInfo[]> {
  static override kind = "keys.list";
  static override summary = "List the stored keys.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<readonly KeyInfo[]> {
    await this.parse(KeysList);
    const { createKeystore } = await import("../../src/wallet/index.ts");
    const keys = await createKeystore(ctx.home.keys).list();
    if (keys.length === 0) ctx.out.line("There is no key yet. Make one: koma keys new NAME");
    else
      ctx.out.table(
        [{ title: "name" }, { title: "type" }, { title: "address" }],
        keys.map(({ name, type, address }) => [name, type, address]),
      );
    return keys;
  }
}
