import { type Ctx, KomaCommand, type SettingsFile, settingsFiles } from "../../src/cli/index.ts";

export interface ConfigPathData {
  /** In the order in which they count. */
  readonly files: readonly SettingsFile[];
}

export default class ConfigPath extends KomaCommand<ConfigPathData> {
  static override kind = "config.path";
  static override summary = "Show which files settings are read from.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<ConfigPathData> {
    const { flags } = await this.parse(ConfigPath);
    const files = settingsFiles(flags);
    ctx.out.table(
      [{ title: "scope" }, { title: "file" }, { title: "" }],
      files.map(({ scope, path, exists }) => [scope, path, exists ? "" : "not there"]),
    );
    return { files };
  }
}
