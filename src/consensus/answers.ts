import type { Dag } from "./dag.ts";
import type { Effect } from "./effects.ts";
import { inMessages } from "./endorsement.ts";
import type { MessageBody, PeerId } from "./messages.ts";
import type { StateExchange } from "./state-exchange.ts";

export type Question = Extract<
  MessageBody,
  { readonly kind: "getUnit" | "getPanorama" | "getLane" | "getEvidence" | "getBlock" | "getEndorsements" }
>;

/** Answers a peer that lacks something. What we do not have, or only have unchecked, stays unanswered. */
export function answerQuestion(question: Question, from: PeerId, dag: Dag, exchange: StateExchange): readonly Effect[] {
  const send = (body: MessageBody): Effect => ({
    kind: "send",
    to: from,
    message: { instance: dag.instance.id, ...body },
  });
  switch (question.kind) {
    case "getUnit": {
      const unit = dag.unit(question.unit);
      return unit === undefined ? [] : [send({ kind: "unit", unit: dag.wire(unit), payload: unit.block?.payload })];
    }
    case "getPanorama": {
      const unit = dag.unit(question.unit);
      return unit === undefined ? [] : [send({ kind: "unit", unit: dag.wire(unit), payload: undefined })];
    }
    case "getLane":
      return exchange.lane(question.creator, question.from, question.to, from);
    case "getEvidence": {
      const evidence = dag.evidenceAgainst(question.creator);
      return evidence === undefined ? [] : [send({ kind: "evidence", evidence })];
    }
    case "getEndorsements":
      return inMessages(dag.endorsements.of(question.unit)).map((endorsements) =>
        send({ kind: "endorsements", endorsements }),
      );
    case "getBlock": {
      const block = dag.block(question.block);
      if (block === undefined) return [];
      if (block.payload === undefined) return [{ kind: "serveBlock", to: from, block: block.unit }];
      return [send({ kind: "block", block: block.unit, payload: block.payload })];
    }
  }
}
