import { mkdirSync, writeSync } from "node:fs";
import { decodeMessage } from "../../src/consensus/index.ts";
import { identifyUnit } from "../../src/consensus/unit.ts";
import { beginLife, crashInstance, eraStart } from "./crash-points.ts";
import { VirtualClock } from "./virtual-clock.ts";

// Run by a test in a process of its own: a validator that is more than half by itself, on virtual time, which ends its own
// process with SIGKILL at the given step. Each line on stdout is written before the next step is taken: "unit <seq> <hash>"
// for a unit that a peer was sent, "died <where>" at the end.

const [directory, steps, afterMs] = process.argv.slice(2) as [string, string, string];
let stepsLeft = Number(steps);
const say = (line: string) => writeSync(1, `${line}\n`);

mkdirSync(directory, { recursive: true });
const clock = new VirtualClock(eraStart + Number(afterMs));
const setup = crashInstance([97, 1, 1, 1]);
beginLife(setup, setup.strongest, directory, {
  clock,
  peers: ["v1", "v2", "v3"],
  transmit(_, frame) {
    const message = decodeMessage(frame);
    if (!message.ok || message.value.kind !== "unit") return;
    const { seq, hash } = identifyUnit(setup.instance.domain, message.value.unit);
    say(`unit ${seq} ${hash}`);
  },
  step(label) {
    if (--stepsLeft > 0) return;
    say(`died ${label}`);
    process.kill(process.pid, "SIGKILL");
  },
  onFatal(error) {
    throw error;
  },
});
clock.advanceTo(clock.now() + 60_000);
throw new Error(`a minute has passed and ${stepsLeft} steps are left`);
