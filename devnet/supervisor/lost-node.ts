import { EnvironmentError } from "../../src/errors.ts";
import { readTail } from "../log-tail.ts";
import type { NodePaths } from "../paths.ts";
import type { NodeKeeper } from "./node-keeper.ts";

/** Why a node that no further restart is tried for does not stay up, with its last lines. */
export function lostNode(keeper: NodeKeeper, at: NodePaths): EnvironmentError {
  const { name } = keeper.plan;
  const lines = [...readTail(at.log, 20), ...readTail(at.output, 20)].slice(-20);
  const reason = keeper.view().lastExit ?? "no reason";
  return new EnvironmentError("KOMA_E_NODE_START", `Node "${name}" does not stay up: ${reason}.`, {
    facts: { node: name, why: lines.join("\n"), log: at.log },
    fix: [`koma devnet logs ${name}`, `koma devnet start ${name}`],
  });
}
