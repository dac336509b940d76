import type { TraceOptions } from "../../chain/index.ts";
import { type Address, addressFromBytes, bigintToFixedBytes, bytesToHex } from "../../primitives/index.ts";
import type { BlockState } from "../block-state.ts";
import { readLogStep } from "./log-step.ts";
import { decodeRevertText } from "./revert-text.ts";
import type { SizeLimit } from "./size-limit.ts";
import { hexNumber, type Tracer, type TraceStep } from "./tracer.ts";

const FRAME_BYTES = 400;

interface Frame {
  type: string;
  from: Address;
  to?: Address;
  value?: string;
  gas: string;
  gasUsed: string;
  input: string;
  output?: string;
  error?: string;
  revertReason?: string;
  logs?: unknown[];
  calls?: Frame[];
}

/** Calls and creations as a tree, as go-ethereum's callTracer tells them. */
export function createCallTracer(
  { onlyTop, logs }: Extract<TraceOptions, { kind: "calls" }>,
  state: () => BlockState,
  size: SizeLimit,
): Tracer {
  const open: Frame[] = [];
  let root: Frame | undefined;
  let lastOp = "";

  function addChild(parent: Frame, frame: Frame): void {
    parent.calls ??= [];
    parent.calls.push(frame);
  }

  function addLog(frame: Frame, step: TraceStep): void {
    const log = readLogStep(step);
    if (log === undefined) return;
    size.add(FRAME_BYTES + 2 * log.data.length);
    frame.logs ??= [];
    frame.logs.push({ ...log, data: bytesToHex(log.data), position: hexNumber(frame.calls?.length ?? 0) });
  }

  return {
    onStep(step) {
      lastOp = step.op;
      const frame = open.at(-1);
      if (frame === undefined) return;
      if (logs) addLog(frame, step);
      if (step.op !== "SELFDESTRUCT" || (onlyTop && open.length > 0)) return;
      const balance = state().account(step.address)?.balance ?? 0n;
      addChild(frame, {
        type: "SELFDESTRUCT",
        from: step.address,
        to: addressFromBytes(bigintToFixedBytes((step.stack.at(-1) ?? 0n) % 2n ** 160n, 20)),
        gas: "0x0",
        gasUsed: "0x0",
        input: "0x",
        value: hexNumber(balance),
      });
    },
    onEnter({ to, codeAddress, from, value, gas, input, depth }) {
      size.add(FRAME_BYTES + 2 * input.length);
      const type = depth === 1 ? (to === undefined ? "CREATE" : "CALL") : lastOp;
      const target = type === "DELEGATECALL" || type === "CALLCODE" ? codeAddress : to;
      // A delegated call keeps caller and value of its own caller; go-ethereum tells who delegated.
      const caller = type === "DELEGATECALL" && to !== undefined ? to : from;
      const frame: Frame = {
        type,
        from: caller,
        ...(target === undefined ? {} : { to: target }),
        ...(type === "STATICCALL" ? {} : { value: hexNumber(value) }),
        gas: hexNumber(gas),
        gasUsed: "0x0",
        input: bytesToHex(input),
      };
      const parent = open.at(-1);
      if (parent === undefined) root = frame;
      else if (!onlyTop) addChild(parent, frame);
      open.push(frame);
    },
    onExit({ gasUsed, output, error, created }) {
      const frame = open.pop();
      if (frame === undefined) return;
      size.add(2 * output.length);
      frame.gasUsed = hexNumber(gasUsed);
      if (created !== undefined) frame.to = created;
      if (output.length > 0) frame.output = bytesToHex(output);
      if (error === undefined) return;
      frame.error = error;
      if (frame.type.startsWith("CREATE")) delete frame.to;
      // What a failed frame logged never was.
      delete frame.logs;
      const reason = decodeRevertText(output);
      if (reason !== undefined) frame.revertReason = reason;
    },
    result({ gasLimit, gasUsed }) {
      return { ...root, gas: hexNumber(gasLimit), gasUsed: hexNumber(gasUsed) };
    },
  };
}
