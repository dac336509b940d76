import { type Ctx, Flags, KomaCommand, nextSlots, nodeNameOf } from "../../src/cli/index.ts";

export interface ScheduledSlot {
  /** Start of the slot, milliseconds since the Unix epoch. */
  readonly slot: number;
  readonly at: string;
  /** Key that seals the block of that slot. */
  readonly producer: string;
  readonly name: string | null;
}

export default class ProducerSchedule extends KomaCommand<readonly ScheduledSlot[]> {
  static override kind = "producer.schedule";
  static override summary = "Show who leads the next slots.";
  static override description =
    `Drawn by the present era for its own time: a new era draws anew, with the producers that were elected meanwhile. After a gap of several
slots without a block everybody may be drawn.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --next 20 --json",
  ];
  static override flags = {
    next: Flags.integer({ summary: "Number of slots.", default: 10, min: 1, max: 256, env: "KOMA_PRODUCER_NEXT" }),
  };

  async execute(ctx: Ctx): Promise<readonly ScheduledSlot[]> {
    const { flags } = await this.parse(ProducerSchedule);
    const net = await ctx.net();
    const slots = await nextSlots(net, flags.next);
    const schedule = slots.map(({ slot, at, leader, sealer }) => ({
      slot,
      at,
      producer: sealer,
      name: nodeNameOf(net, leader),
    }));
    ctx.out.table(
      [{ title: "slot" }, { title: "producer" }],
      schedule.map(({ at, name, producer }) => [at, name ?? producer]),
    );
    return schedule;
  }
}
