import { createDoubleSealWatch, type DoubleSeal, decodeHeaderOfBlock } from "../chain/index.ts";
import type { ConsensusMessage, Instance } from "../consensus/index.ts";
import type { Logger } from "../logger.ts";
import type { Address } from "../primitives/index.ts";
import type { NodeEventBus } from "./events.ts";

/** Which producers sealed two headers of one second, as far as this node heard both since it started. */
export interface HeardSeals {
  /** Looks at the block that a message brings, whether or not consensus has use for it. */
  hear(message: ConsensusMessage, instance: Instance): void;
  found(): readonly DoubleSeal[];
}

export function createHeardSeals(
  chainId: bigint,
  { events, logger }: { readonly events: NodeEventBus; readonly logger: Logger },
): HeardSeals {
  const watch = createDoubleSealWatch(chainId);

  function sealers({ committee }: Instance): ReadonlySet<Address> {
    return new Set(committee.validators.map(({ signer, producerKey }) => producerKey ?? signer));
  }

  return {
    hear(message, instance) {
      if ((message.kind !== "unit" && message.kind !== "block") || !message.payload) return;
      const header = decodeHeaderOfBlock(message.payload);
      // Keys of nobody are not remembered, or a peer could make up as many as it likes.
      if (!header.ok || !sealers(instance).has(header.value.coinbase)) return;
      const contradiction = watch.note(header.value);
      if (!contradiction) return;
      const { producer, time } = contradiction;
      logger.error({ producer, time }, "a producer sealed two blocks of one second");
      events.emit({ type: "faultDetected", kind: "double-seal", validator: producer, detail: `second ${time}` });
    },
    found: () => watch.found(),
  };
}
