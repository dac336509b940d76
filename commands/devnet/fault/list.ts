import type { ActiveFault } from "../../../devnet/index.ts";
import { type Ctx, KomaCommand } from "../../../src/cli/index.ts";

export default class DevnetFaultList extends KomaCommand<readonly ActiveFault[]> {
  static override kind = "devnet.fault.list";
  static override summary = "List the faults that are on.";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  async execute(ctx: Ctx): Promise<readonly ActiveFault[]> {
    await this.parse(DevnetFaultList);
    const { withControl } = await import("../../../devnet/index.ts");
    const faults = await withControl(await ctx.net(), (control) => control.call<ActiveFault[]>("fault.list"));
    if (faults.length === 0) ctx.out.line("No fault is on.");
    else {
      ctx.out.table(
        [
          { title: "handle" },
          { title: "kind" },
          { title: "nodes" },
          { title: "with" },
          { title: "from block" },
          { title: "until" },
        ],
        faults.map(({ handle, kind, nodes, collude, at, until }) => [
          handle,
          kind,
          nodes.join(","),
          collude.join(","),
          at ?? "",
          until ?? "",
        ]),
      );
    }
    return faults;
  }
}
