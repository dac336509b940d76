import type { PlayedState } from "./played-state.ts";
import { idOfHash } from "./script-instance.ts";
import type { UnitGraph } from "./unit-graph.ts";

/** The state that a script has left behind, for a picture. */
export function playedGraph(state: PlayedState): UnitGraph {
  const names = state.script.validators.map(({ name }) => name);
  const tags = new Map(
    state.script.steps.flatMap(({ content }) =>
      content?.op === "unit" && content.block !== undefined ? [[content.id, content.block] as const] : [],
    ),
  );
  return {
    creators: names,
    units: state.dag.order.map((unit) => {
      const id = idOfHash(unit.hash);
      return {
        id,
        creator: names[unit.creator] as string,
        seq: unit.seq,
        round: unit.roundId,
        cites: unit.panorama.flatMap((seen) => (typeof seen === "object" ? [idOfHash(seen.hash)] : [])),
        faulty: unit.panorama.flatMap((seen, i) => (seen === "faulty" ? [names[i] as string] : [])),
        block: unit.block && (tags.get(id) ?? id),
        vote: unit.vote && idOfHash(unit.vote.unit),
      };
    }),
  };
}
