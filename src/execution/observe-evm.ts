import type { EVM, EVMResult, InterpreterStep, Message } from "@ethereumjs/evm";
import { addressFromBytes } from "../primitives/index.ts";
import { exceptionName } from "./evm-error-names.ts";
import type { EvmObserver } from "./tracing/tracer.ts";

/**
 * Tells an observer what an EVM does, until the answer is called. Steps cost much: each copies stack and memory.
 */
export function observeEvm(evm: EVM, observer: EvmObserver): () => void {
  const { onStep, onEnter, onExit } = observer;
  const step = (event: InterpreterStep): void => {
    onStep?.({
      pc: event.pc,
      op: event.opcode.name,
      gas: event.gasLeft,
      cost: event.opcode.dynamicFee ?? BigInt(event.opcode.fee),
      depth: event.depth + 1,
      address: addressFromBytes(event.address.bytes),
      stack: event.stack,
      memory: event.memory,
      refund: event.gasRefund,
    });
  };
  const enter = (message: Message): void => {
    onEnter?.({
      to: message.to && addressFromBytes(message.to.bytes),
      codeAddress: message._codeAddress && addressFromBytes(message._codeAddress.bytes),
      from: addressFromBytes(message.caller.bytes),
      value: message.value,
      gas: message.gasLimit,
      input: message.data,
      depth: message.depth + 1,
    });
  };
  const exit = ({ execResult, createdAddress }: EVMResult): void => {
    const error = execResult.exceptionError?.error;
    onExit?.({
      gasUsed: execResult.executionGasUsed,
      output: execResult.returnValue,
      error: error === undefined ? undefined : exceptionName(error),
      created: createdAddress && addressFromBytes(createdAddress.bytes),
    });
  };
  if (onStep) evm.events.on("step", step);
  if (onEnter) evm.events.on("beforeMessage", enter);
  if (onExit) evm.events.on("afterMessage", exit);
  return () => {
    evm.events.off("step", step);
    evm.events.off("beforeMessage", enter);
    evm.events.off("afterMessage", exit);
  };
}
