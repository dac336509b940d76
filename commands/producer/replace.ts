import {
  Args,
  type Ctx,
  Flags,
  formatCertificate,
  integerFlag,
  isoTime,
  KomaCommand,
  type NetClient,
  nodeNameOf,
  type OfflineCertificate,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  packSignatures,
  percentOf,
  readCertificate,
  readElection,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Address } from "../../src/primitives/index.ts";
import type { ActiveSeat, ProducerSeat, RootChain, SentTransaction } from "../../src/rootchain/index.ts";

export interface ReplacedProducer {
  /** Key that loses its seat. */
  readonly removed: string;
  /** Key that takes it; null when nobody does, or nothing was sent yet. */
  readonly added: string | null;
  readonly from: string | null;
  /** Of the power, what signed the certificate; null for other reasons. */
  readonly signedPct: number | null;
  readonly tx: string | null;
}

export default class ProducerReplace extends KomaCommand<ReplacedProducer> {
  static override kind = "producer.replace";
  static override summary = "Give a producer's seat to a stand-by before its tenure is over.";
  static override description =
    `resigned: the owner gives the seat up. offline: stakers with more than two thirds of the power certify that the producer missed
its blocks. Their certificate is a file that goes from one to the next: the first names --from-block, --to-block and --missed, each adds its
signature with --sign-with, and whoever completes it sends it. slashed: anyone has the seat of a convicted producer filled, whose key is out
already; koma proof challenge does it with the verdict.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-3 --reason resigned --yes",
    "<%= config.bin %> <%= command.id %> validator-1 --reason offline --evidence offline.json --from-block 1 --to-block 30 --missed 8 --sign-with validator-0.signer --yes --json",
  ];
  static override args = {
    validator: Args.string({ description: "Id or node's name of the producer.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    ...ownerFlags,
    reason: Flags.option({ options: ["resigned", "offline", "slashed"] as const })({
      summary: "Why it leaves.",
      required: true,
      env: "KOMA_PRODUCER_REASON",
    }),
    evidence: Flags.string({
      summary: "File with the certificate, for offline; made when it does not exist.",
      env: "KOMA_PRODUCER_EVIDENCE",
      helpValue: "FILE",
    }),
    "sign-with": Flags.string({
      summary: "Signer key that certifies, such as validator-0.signer; can be given more than once.",
      multiple: true,
      helpValue: "KEY",
    }),
    "from-block": integerFlag({ summary: "First block of a new certificate.", env: "KOMA_PRODUCER_FROM_BLOCK" }),
    "to-block": integerFlag({ summary: "Last block of a new certificate.", env: "KOMA_PRODUCER_TO_BLOCK" }),
    missed: integerFlag({ summary: "Blocks that it missed of them.", env: "KOMA_PRODUCER_MISSED" }),
  };

  async execute(ctx: Ctx): Promise<ReplacedProducer> {
    const { args, flags } = await this.parse(ProducerReplace);
    const net = await ctx.net();
    const sender = flags.reason === "resigned" ? ownerKeyName(flags.key, args.validator) : (flags.key ?? "alice");
    const account = await openKey(ctx, net, sender, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, account);
    const { id, signer } = await resolveValidator(ctx, net, root, { text: args.validator, owner: account.address });
    const nominee = await root.elections.nominee(id);
    const { newest } = await readElection(root);
    const seat = newest.members.find((one) => one.id === id || one.key === signer || one.key === nominee?.key);
    if (!seat) {
      throw new UserError("KOMA_E_NOMINEE_STATE", `Validator ${id} holds no producer's seat.`, {
        fix: ["koma producer list"],
      });
    }
    const who = args.validator;
    if (flags.reason === "resigned") {
      await ctx.confirm({ message: `Take the producer's seat from ${who}?`, flag: "--yes" });
      return this.#report(
        ctx,
        net,
        root,
        { seat, before: newest.members },
        await root.elections.resign(seat.key, ctx.signal),
        null,
      );
    }
    if (flags.reason === "slashed") {
      const sent = await root.elections.fillSeat(seat.key, ctx.signal);
      return this.#report(ctx, net, root, { seat, before: newest.members }, sent, null);
    }
    const certificate = await this.#certify(ctx, net, root, seat.key, flags);
    const seats = await root.stakes.activeSet();
    const [signed, total] = powerOf(seats, certificate);
    if (signed * 3n <= total * 2n) {
      ctx.out.line(`signed by ${percentOf(signed, total)} % of the power; more than two thirds are needed`);
      ctx.out.note(`Next: koma producer replace ${who} --reason offline --evidence ${flags.evidence} --sign-with KEY`);
      return { removed: seat.key, added: null, from: null, signedPct: percentOf(signed, total), tx: null };
    }
    await ctx.confirm({ message: `Take the producer's seat from ${who}?`, flag: "--yes" });
    const { bitmap, signatures } = packSignatures(certificate.signatures);
    const sent = await root.elections.replaceOffline(certificate.facts, bitmap, signatures, ctx.signal);
    return this.#report(ctx, net, root, { seat, before: newest.members }, sent, percentOf(signed, total));
  }

  async #report(
    { out }: Ctx,
    net: NetClient,
    root: RootChain,
    lost: { readonly seat: ProducerSeat; readonly before: readonly ProducerSeat[] },
    sent: SentTransaction,
    signedPct: number | null,
  ): Promise<ReplacedProducer> {
    const { newest } = await readElection(root);
    const added = newest.members.find(({ key }) => !lost.before.some((one) => one.key === key))?.key ?? null;
    const name = (key: string): string => nodeNameOf(net, key) ?? key;
    out.line(`${name(lost.seat.key)} loses its seat${added ? ` to ${name(added)}` : "; nobody takes it"}`);
    out.line(`  transaction ${sent.hash}`);
    out.line(`  from        ${isoTime(newest.from)}`);
    return { removed: lost.seat.key, added, from: isoTime(newest.from), signedPct, tx: sent.hash ?? null };
  }

  /** Reads or makes the certificate, adds the signatures asked for, and writes it back. */
  async #certify(
    ctx: Ctx,
    net: NetClient,
    root: RootChain,
    key: Address,
    flags: {
      readonly evidence?: string | undefined;
      readonly "sign-with"?: readonly string[] | undefined;
      readonly "from-block"?: bigint | undefined;
      readonly "to-block"?: bigint | undefined;
      readonly missed?: bigint | undefined;
      readonly "password-file"?: string | undefined;
    },
  ): Promise<OfflineCertificate> {
    const { evidence, missed, "from-block": fromBlock, "to-block": toBlock } = flags;
    if (evidence === undefined) throw needed("A certificate is needed: --evidence names its file.");
    const { tenure } = await readElection(root);
    let certificate = await readCertificate(evidence);
    if (!certificate) {
      if (fromBlock === undefined || toBlock === undefined || missed === undefined) {
        throw needed("A new certificate needs --from-block, --to-block and --missed.");
      }
      const facts = { chainId: BigInt(net.chainId), key, fromBlock, toBlock, missed };
      certificate = { facts, tenure, signatures: new Map() };
    }
    if (certificate.tenure !== tenure || certificate.facts.key !== key) {
      throw new UserError("KOMA_E_EVIDENCE_INVALID", "The certificate is about another producer or tenure.", {
        facts: { producer: certificate.facts.key, tenure: certificate.tenure, wanted: key, now: tenure },
        fix: ["Name another file with --evidence to make a new one."],
      });
    }
    const { compactSignature, hexToBytes, signDigest } = await import("../../src/primitives/index.ts");
    const { writeFileAtomic } = await import("../../src/wallet/index.ts");
    const digest = hexToBytes(await root.elections.offlineDigest(certificate.facts));
    const seats = await root.stakes.activeSet();
    const signatures = new Map(certificate.signatures);
    for (const name of flags["sign-with"] ?? []) {
      const signer = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
      const seat = seats.find((one) => one.signer === signer.address);
      if (!seat) {
        throw new UserError("KOMA_E_VALIDATOR_NOT_FOUND", `"${name}" is the signer key of no active validator.`, {
          fix: ["On a devnet: --sign-with validator-0.signer"],
        });
      }
      signatures.set(seat.seat, compactSignature(signDigest(digest, signer.privateKey)));
    }
    const grown = { ...certificate, signatures };
    await writeFileAtomic(evidence, formatCertificate(grown));
    return grown;
  }
}

function powerOf(seats: readonly ActiveSeat[], { signatures }: OfflineCertificate): readonly [bigint, bigint] {
  const sum = (some: readonly ActiveSeat[]): bigint => some.reduce((total, { power }) => total + power, 0n);
  return [sum(seats.filter(({ seat }) => signatures.has(seat))), sum(seats)];
}

function needed(message: string): UserError {
  return new UserError("KOMA_E_EVIDENCE_NEEDED", message, {
    fix: [
      "koma producer replace VALIDATOR --reason offline --evidence offline.json --from-block 1 --to-block 30 --missed 8 --sign-with validator-0.signer",
    ],
  });
}
