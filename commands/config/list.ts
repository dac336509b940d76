import { type Ctx, KomaCommand, type ListedSetting, listSettings } from "../../src/cli/index.ts";

export default class ConfigList extends KomaCommand<readonly ListedSetting[]> {
  static override kind = "config.list";
  static override summary = "List the settings of the command line, and where each comes from.";
  static override description =
    `A flag goes before its KOMA_ variable, that before the project's file (.koma/config.json here or above, or --config), that before the
user's ($XDG_CONFIG_HOME/koma/config.json), and that before the default.`;
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<readonly ListedSetting[]> {
    const { flags, raw } = await this.parse(ConfigList);
    const typed = new Set(raw.flatMap((token) => (token.type === "flag" ? [token.flag] : [])));
    const settings = listSettings(flags, typed);
    const shown = (value: ListedSetting["value"]) => (value === null ? "" : String(value));
    ctx.out.table(
      [{ title: "setting" }, { title: "value" }, { title: "from" }, { title: "default" }],
      settings.map(({ key, value, origin, default: usual }) => [key, shown(value), origin, shown(usual)]),
    );
    return settings;
  }
}
