import { connect } from "node:net";

/** Opens a connection, sends, and waits for the other side to close it, or lets go after a moment. */
export function throwAt(port: number, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setTimeout(500, () => socket.destroy());
    // A reset is an answer, too.
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.on("connect", () => socket.write(bytes));
    socket.resume();
  });
}
