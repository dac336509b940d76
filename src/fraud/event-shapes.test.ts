import { EventFragment } from "ethers";
import { describe, expect, test } from "vitest";
import { loadArtifacts } from "../rootchain/index.ts";
import { systemEvents } from "./event-shapes.ts";

const artifacts = loadArtifacts();
const contracts = {
  token: "ChildERC20",
  native: "KomaNative",
  bridge: "ChildBridge",
  factory: "ChildTokenFactory",
  rootInfo: "RootInfo",
} as const;

/** EIP-5267 declares it; a child token has a fixed domain and never emits it. */
const NEVER_EMITTED = ["EIP712DomainChanged"];
/** KomaNative takes over the token's interface, and moves coins without a log. */
const ONLY_OF_TOKENS = ["LogTransfer"];

/** An event that a contract emits and the table lacks would convict the honest. */
describe("the events that the table knows", () => {
  test.each(Object.entries(contracts))("of the %s are those of %s", (emitter, contract) => {
    const left = emitter === "native" ? [...NEVER_EMITTED, ...ONLY_OF_TOKENS] : NEVER_EMITTED;
    const abi = artifacts
      .of(contract)
      .abi.filter(({ type, name }) => type === "event" && !left.includes(name ?? ""))
      .map((event) => EventFragment.from(event).format("full"));
    const known = systemEvents[emitter as keyof typeof systemEvents].map((text) =>
      EventFragment.from(text).format("full"),
    );
    const plain = (texts: readonly string[]) => texts.map((text) => text.replace(/ [a-zA-Z0-9_]+(?=[,)])/g, "")).sort();
    expect(plain(known)).toEqual(plain(abi));
  });
});
