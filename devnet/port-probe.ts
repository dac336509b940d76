import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** True when something listens on the port, or it cannot be listened on for another reason. */
export function isPortTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

export interface PortOwner {
  readonly pid: number;
  readonly name: string;
}

/** Who listens on a local port; undefined where the system does not tell (other users' processes, not Linux). */
export function findPortOwner(port: number): PortOwner | undefined {
  if (process.platform !== "linux") return undefined;
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync("/proc")) {
    if (!/^[1-9][0-9]*$/.test(entry)) continue;
    try {
      for (const fd of readdirSync(`/proc/${entry}/fd`)) {
        const inode = /^socket:\[([0-9]+)\]$/.exec(readlinkSync(`/proc/${entry}/fd/${fd}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) {
          return { pid: Number(entry), name: readFileSync(`/proc/${entry}/comm`, "utf8").trim() };
        }
      }
    } catch {
      // somebody else's process, or gone
    }
  }
  return undefined;
}

function listeningInodes(port: number): ReadonlySet<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let lines: string[];
    try {
      lines = readFileSync(table, "utf8").split("\n").slice(1);
    } catch {
      continue; // no such protocol on this machine
    }
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      // local address, then remote, then state: 0A is LISTEN; the inode is the tenth field.
      if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === "0A" && fields[9]) inodes.add(fields[9]);
    }
  }
  return inodes;
}
