import { type ConsensusMessage, signFinality, signUnit, type WireUnit } from "../consensus/index.ts";
import { type Bytes, keccakHash, type Timestamp, utf8 } from "../primitives/index.ts";
import type { ByzantineFault } from "./fault.ts";
import { otherPayload } from "./payload.ts";
import type { SimulatedNode } from "./simulated-node.ts";

/** A message on its way to those peers that `reaches` names. */
export interface Copy {
  readonly message: ConsensusMessage;
  readonly reaches: (peer: SimulatedNode) => boolean;
}

/** What becomes of a message of a validator that commits `fault`: nothing, itself, or several in its place. */
export function tamper(fault: ByzantineFault, sender: SimulatedNode, copy: Copy, isAnswer: boolean): readonly Copy[] {
  switch (fault.kind) {
    case "equivocate":
      return withSecondUnit(sender, copy, fault.to);
    case "twoFinalities":
      return withSecondFinality(sender, copy);
    case "equivocatingLeader":
      return withSecondBlock(sender, copy, fault.to);
    case "withholdBody":
      return withoutBody(sender, copy);
    case "withholdDependencies":
      return withoutDependencies(sender, copy, isAnswer);
    default:
      return [copy];
  }
}

/** Both units are valid, and nobody can tell which is the real one: the second says that it was made 1 ms later. */
function withSecondUnit(sender: SimulatedNode, copy: Copy, to: "all" | "halves"): readonly Copy[] {
  const { message } = copy;
  if (message.kind !== "unit" || !isOwn(sender, message.unit) || message.unit.body.blockHash !== undefined)
    return [copy];
  const second = resign(sender, message.unit, { t: (message.unit.body.t + 1) as Timestamp });
  return sendBoth(copy, { ...message, unit: second }, to);
}

function withSecondBlock(sender: SimulatedNode, copy: Copy, to: "all" | "halves"): readonly Copy[] {
  const { message } = copy;
  if (message.kind !== "unit" || message.payload === undefined || !isOwn(sender, message.unit)) return [copy];
  const payload: Bytes = otherPayload(message.payload);
  const second = { ...message, unit: resign(sender, message.unit, { blockHash: keccakHash(payload) }), payload };
  return sendBoth(copy, second, to);
}

function withSecondFinality(sender: SimulatedNode, copy: Copy): readonly Copy[] {
  const { message } = copy;
  const instance = sender.knownInstance(message.instance);
  if (message.kind !== "finality" || instance?.committee.validators[message.signed.validator] === undefined)
    return [copy];
  const { validator: index, height, block, unit } = message.signed;
  if (index !== sender.memberOf(instance)) return [copy];
  const another = keccakHash(utf8(`beside ${block}`));
  const signed = signFinality(instance, { index, privateKey: sender.privateKey }, { height, block: another, unit });
  return sendBoth(copy, { ...message, signed }, "all");
}

function sendBoth(copy: Copy, second: ConsensusMessage, to: "all" | "halves"): readonly Copy[] {
  if (to === "all") return [copy, { ...copy, message: second }];
  return [
    { message: copy.message, reaches: (peer) => copy.reaches(peer) && peer.index % 2 === 0 },
    { message: second, reaches: (peer) => copy.reaches(peer) && peer.index % 2 === 1 },
  ];
}

function withoutBody(sender: SimulatedNode, copy: Copy): readonly Copy[] {
  const { message } = copy;
  if (message.kind === "block" && sender.madeBlock(message.block)) return [];
  if (message.kind !== "unit" || !isOwn(sender, message.unit)) return [copy];
  return [{ ...copy, message: { ...message, payload: undefined } }];
}

function withoutDependencies(sender: SimulatedNode, copy: Copy, isAnswer: boolean): readonly Copy[] {
  const { message } = copy;
  if (isAnswer && message.kind !== "state") return [];
  return message.kind === "unit" && isOwn(sender, message.unit) && message.unit.seq % 2 === 1 ? [] : [copy];
}

function isOwn(sender: SimulatedNode, unit: WireUnit): boolean {
  const instance = sender.knownInstance(unit.instance);
  return instance !== undefined && unit.creator === sender.memberOf(instance);
}

/** The same unit with another body, signed by its creator. */
function resign(sender: SimulatedNode, unit: WireUnit, body: Partial<WireUnit["body"]>): WireUnit {
  const signed = signUnit(sender.instance.domain, { ...unit, body: { ...unit.body, ...body } }, sender.privateKey);
  sender.signedBesides(signed);
  return signed;
}
