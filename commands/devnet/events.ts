import type { JournalEvent } from "../../devnet/index.ts";
import {
  type Ctx,
  chooseNetwork,
  devnetNotFound,
  Flags,
  KomaCommand,
  listDevnetNames,
  readManifest,
} from "../../src/cli/index.ts";

/** An event of the journal, without what chains its lines together. */
type ShownEvent = Omit<JournalEvent, "prev">;

export default class DevnetEvents extends KomaCommand<undefined, ShownEvent> {
  static override kind = "devnet.events";
  static override summary = "Show the journal of a devnet: starts, crashes, blocks, checkpoints, faults.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --follow --type checkpoint,node.crashed --json",
  ];
  static override flags = {
    follow: Flags.boolean({ char: "f", summary: "Go on with what comes, until Ctrl-C.", env: "KOMA_DEVNET_FOLLOW" }),
    since: Flags.integer({
      summary: "Only events after this sequence number.",
      default: 0,
      min: 0,
      env: "KOMA_DEVNET_SINCE",
    }),
    type: Flags.string({
      summary: "Only events of these types, or whose type begins so.",
      multiple: true,
      delimiter: ",",
      env: "KOMA_DEVNET_TYPE",
    }),
  };

  async execute(ctx: Ctx<ShownEvent>): Promise<undefined> {
    const { flags } = await this.parse(DevnetEvents);
    const name = ctx.cfg.network ?? chooseNetwork(ctx.home);
    if (!readManifest(ctx.home.devnet(name))) throw devnetNotFound(name, listDevnetNames(ctx.home.devnets));
    const { devnetPaths, followLines, readJournal, sizeOf } = await import("../../devnet/index.ts");
    const { journal } = devnetPaths(ctx.home.devnet(name));
    const show = (event: JournalEvent): void => {
      const { seq, ts, type, node, data } = event;
      if (flags.type && !flags.type.some((wanted) => type === wanted || type.startsWith(`${wanted}.`))) return;
      ctx.out.record(
        { seq, ts, type, ...(node === undefined ? {} : { node }), data },
        `${String(seq).padStart(6)} ${ts} ${type} ${node ?? ""} ${JSON.stringify(data)}`,
      );
    };
    const size = await sizeOf(journal);
    let last = flags.since;
    for (const event of readJournal(journal, flags.since)) {
      show(event);
      last = event.seq;
    }
    if (!flags.follow) return;
    for await (const line of followLines(journal, size, ctx.signal)) {
      const event = JSON.parse(line) as JournalEvent;
      if (event.seq > last) show(event);
    }
  }
}
