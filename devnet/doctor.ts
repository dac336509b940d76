import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Home, runningDevnets } from "../src/cli/index.ts";
import { KomaError } from "../src/errors.ts";
import { packageRoot } from "../src/package-files.ts";
import { secp256k1Backend } from "../src/primitives/index.ts";
import { isPortTaken } from "./port-probe.ts";
import { findAnvil } from "./supervisor/anvil-binary.ts";

export interface DoctorCheck {
  readonly id: string;
  readonly status: "ok" | "warning" | "missing";
  readonly detail: string;
  readonly fix?: string;
}

/** Memory of a devnet of four: a node takes about 110 MB, anvil and the supervisor as much together. */
const DEVNET_BYTES = 600 * 1024 * 1024;

/** Looks at everything a devnet needs. Changes nothing but making the home folder. */
export async function examine(home: Home): Promise<readonly DoctorCheck[]> {
  return [
    checkNode(),
    await checkAnvil(),
    checkContracts(),
    await checkStorage(),
    checkSignatures(),
    checkHome(home),
    await checkPorts(home),
    checkMachine(),
  ];
}

function checkNode(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const fits = major > 22 || (major === 22 && minor >= 13);
  return fits
    ? { id: "node", status: "ok", detail: `Node ${process.versions.node}` }
    : {
        id: "node",
        status: "missing",
        detail: `Node ${process.versions.node}; koma needs 22.13 or newer`,
        fix: "npx -y -p node@24 npm ci",
      };
}

async function checkAnvil(): Promise<DoctorCheck> {
  try {
    const { stdout } = await promisify(execFile)(findAnvil(), ["--version"], { timeout: 10_000 });
    return {
      id: "anvil",
      status: "ok",
      detail: (stdout.split("\n", 1)[0] ?? "").replace(/^anvil version:? /i, "anvil "),
    };
  } catch (error) {
    const detail = error instanceof KomaError ? error.message : `anvil does not run: ${(error as Error).message}`;
    return {
      id: "anvil",
      status: "missing",
      detail,
      fix: "npm ci, or give devnets a root chain of their own: koma devnet up --l1 URL",
    };
  }
}

function checkContracts(): DoctorCheck {
  return existsSync(join(packageRoot(), "contracts", "artifacts"))
    ? { id: "contracts", status: "ok", detail: "root contracts are built" }
    : { id: "contracts", status: "missing", detail: "root contracts are not built", fix: "npm run build" };
}

async function checkStorage(): Promise<DoctorCheck> {
  try {
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(":memory:");
    const row = database.prepare("select sqlite_version() as version").get() as { version: string };
    database.close();
    return { id: "storage", status: "ok", detail: `SQLite ${row.version}` };
  } catch (error) {
    return {
      id: "storage",
      status: "missing",
      detail: `SQLite does not load: ${(error as Error).message}`,
      fix: "npm ci",
    };
  }
}

function checkSignatures(): DoctorCheck {
  return secp256k1Backend === "native"
    ? { id: "signatures", status: "ok", detail: "libsecp256k1 (native)" }
    : {
        id: "signatures",
        status: "warning",
        detail: "JavaScript only: slow with more than a few validators",
        fix: "npm ci",
      };
}

function checkHome(home: Home): DoctorCheck {
  try {
    mkdirSync(home.root, { recursive: true, mode: 0o700 });
    accessSync(home.root, constants.R_OK | constants.W_OK | constants.X_OK);
    return { id: "home", status: "ok", detail: home.root };
  } catch (error) {
    return {
      id: "home",
      status: "missing",
      detail: `${home.root} cannot be written: ${(error as Error).message}`,
      fix: "koma --home DIR, or KOMA_HOME=DIR",
    };
  }
}

async function checkPorts(home: Home): Promise<DoctorCheck> {
  const running = runningDevnets(home);
  const taken = await isPortTaken(21_000, "127.0.0.1");
  if (running.length > 0) return { id: "ports", status: "ok", detail: `running here: ${running.join(", ")}` };
  return taken
    ? { id: "ports", status: "warning", detail: "port 21000 is taken; a devnet will move up by 1000" }
    : { id: "ports", status: "ok", detail: "21000 and up are free" };
}

function checkMachine(): DoctorCheck {
  const freeMb = Math.round(freemem() / 2 ** 20);
  const detail = `${availableParallelism()} processors, ${freeMb} MB free`;
  return freemem() < DEVNET_BYTES
    ? { id: "machine", status: "warning", detail: `${detail}; a devnet of four needs about 600 MB` }
    : { id: "machine", status: "ok", detail };
}
