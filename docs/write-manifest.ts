// oclif's own manifest command, then its entries in the order of their ids: oclif keeps the order in which the file
// system lists the commands, which differs from machine to machine, and the manifest is committed.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = `${root}/oclif.manifest.json`;

execFileSync("oclif", ["manifest"], { cwd: root, stdio: "inherit" });

const manifest = JSON.parse(readFileSync(path, "utf8")) as { commands: Record<string, unknown> };
const byId = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...manifest, commands: Object.fromEntries(byId) }, null, 2)}\n`);
