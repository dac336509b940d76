import { decodeNodeCommand, encodeAdmin, type NodeMessage } from "./admin-channel.ts";

/** What of a process its supervisor talks through; undefined members: nobody started it with a channel. */
export interface SupervisedProcess {
  readonly connected?: boolean;
  send?(message: unknown, handle: undefined, options: undefined, sent: () => void): unknown;
  on(event: "message", listener: (raw: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  removeListener(event: "message", listener: (raw: unknown) => void): unknown;
  removeListener(event: "disconnect", listener: () => void): unknown;
}

/**
 * Waits until the supervisor says that everything a node needs is on disk. It starts a node's process long before that, so
 * that its modules are loaded by then; of the node's folder nothing may be read until it is said.
 *
 * @returns false when the supervisor wants no node after all, or is gone; at once true without a supervisor
 */
export function untilBegun(own: SupervisedProcess, signal: AbortSignal): Promise<boolean> {
  if (own.send === undefined) return Promise.resolve(true);
  if (own.connected === false || signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (begun: boolean): void => {
      own.removeListener("message", onMessage);
      own.removeListener("disconnect", onEnd);
      signal.removeEventListener("abort", onEnd);
      resolve(begun);
    };
    const answer = (message: NodeMessage): void =>
      // A supervisor that is gone meanwhile does not read it, and its end is told by the channel.
      void own.send?.(encodeAdmin(message), undefined, undefined, () => {});
    const onMessage = (raw: unknown): void => {
      const command = decodeNodeCommand(raw);
      if (command === undefined) return;
      const { id } = command;
      if (command.type === "begin" || command.type === "shutdown") {
        answer({ type: "answer", id, ok: true });
        settle(command.type === "begin");
      } else {
        answer({
          type: "answer",
          id,
          ok: false,
          code: "KOMA_E_NODE_NOT_READY",
          message: "The node is still starting.",
        });
      }
    };
    const onEnd = (): void => settle(false);
    own.on("message", onMessage);
    own.on("disconnect", onEnd);
    signal.addEventListener("abort", onEnd, { once: true });
  });
}
