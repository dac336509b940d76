import { join } from "node:path";
import {
  amountFlag,
  type Ctx,
  committeeOf,
  type ExpectedEra,
  epochStart,
  Flags,
  firstEraWith,
  isoTime,
  KomaCommand,
  type NetClient,
  openKey,
  openRootChain,
  passwordFileFlag,
  waitFor,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Address, Bytes } from "../../src/primitives/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface RegisteredValidator {
  /** Null for a dry run. */
  readonly id: string | null;
  /** Owner of the stake. */
  readonly address: string;
  readonly signer: string;
  /** File of the signer key, for the validator's node. */
  readonly signerFile: string | null;
  readonly stakeWei: string;
  readonly tx: string | null;
  readonly gasUsed: string;
  readonly activeFrom: string | null;
  readonly active: boolean;
  /** First era whose committee can have it, if its node runs by then; null for a dry run, or when no node answers. */
  readonly committeeFrom: ExpectedEra | null;
}

export default class ValidatorRegister extends KomaCommand<RegisteredValidator> {
  static override kind = "validator.register";
  static override summary = "Stake KMC and take a validator's seat.";
  static override description =
    `Approves the stake by signature, proves possession of the signer key, and stakes, all in one transaction on the root chain. The
stake counts from the next epoch on; the chain's committee has the validator one to two eras after that. The signer key is made anew (in the devnet's folder) unless --signer or --signer-file names one; the
validator's node needs it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --key alice --stake 100",
    "<%= config.bin %> <%= command.id %> --key bob --stake 100 --no-wait --json",
    "<%= config.bin %> <%= command.id %> --key carol --stake 100 --dry-run",
  ];
  static override flags = {
    key: Flags.string({
      summary: "Account that owns the stake: alice, bob, … of the devnet, or a name of `koma keys list`.",
      required: true,
      env: "KOMA_VALIDATOR_KEY",
      helpValue: "KEY",
    }),
    stake: amountFlag({ summary: "KMC to stake.", required: true, env: "KOMA_VALIDATOR_STAKE" }),
    name: Flags.string({
      summary: "Name of the new signer key's file; default: that of the account.",
      env: "KOMA_VALIDATOR_NAME",
    }),
    signer: Flags.string({
      summary: "Signer key from the keystore instead of a new one.",
      env: "KOMA_VALIDATOR_SIGNER",
      helpValue: "KEY",
      exclusive: ["signer-file", "name"],
    }),
    "signer-file": Flags.string({
      summary: "File with the signer key, such as keys/signer of a node's folder.",
      env: "KOMA_VALIDATOR_SIGNER_FILE",
      helpValue: "FILE",
      exclusive: ["name"],
    }),
    displace: Flags.boolean({
      summary: "When all seats are taken: take that of the least stake, for more than 110 % of it.",
      env: "KOMA_VALIDATOR_DISPLACE",
    }),
    "peer-id": Flags.string({
      summary: "libp2p id of the validator's node, published for discovery.",
      env: "KOMA_VALIDATOR_PEER_ID",
    }),
    wait: Flags.boolean({
      summary: "Wait until the stake counts.",
      default: true,
      allowNo: true,
      env: "KOMA_VALIDATOR_WAIT",
    }),
    "dry-run": Flags.boolean({
      summary: "Ask the root chain whether it would work; send nothing.",
      env: "KOMA_DRY_RUN",
    }),
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<RegisteredValidator> {
    const { flags } = await this.parse(ValidatorRegister);
    const { addressOfKey, formatAmount, utf8 } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const passwordFile = flags["password-file"];
    const owner = await openKey(ctx, net, flags.key, { passwordFile });
    const root = await openRootChain(net, owner);
    await checkStake(root, owner.address, owner.name, flags.stake);
    const given = flags.signer === undefined ? undefined : await openKey(ctx, net, flags.signer, { passwordFile });
    const signer = given
      ? { key: given.privateKey, file: null }
      : await signerFrom(net, flags["signer-file"], flags.name ?? owner.name, flags["dry-run"]);
    const { stakes } = flags["dry-run"] ? root.dryRun : root;
    const sent = await stakes.stake(
      {
        amount: flags.stake,
        signerKey: signer.key,
        displace: flags.displace,
        ...(flags["peer-id"] === undefined ? {} : { peerId: utf8(flags["peer-id"]) }),
      },
      ctx.signal,
    );
    const signerAddress = addressOfKey(signer.key);
    const { out } = ctx;
    const what = `${formatAmount(flags.stake)} KMC of ${owner.name}`;
    if (sent.id === undefined) out.line(`${what} could be staked, gas ${sent.gasUsed}`);
    else out.line(`validator ${sent.id}: ${what} staked\n  transaction ${sent.hash}`);
    if (signer.file !== null || given) out.line(`  signer      ${signerAddress}  ${signer.file ?? flags.signer}`);
    const activeFrom = sent.id === undefined ? undefined : await activation(root, sent.id);
    if (activeFrom !== undefined) out.line(`  counts from ${isoTime(activeFrom)}`);
    const committeeFrom = activeFrom === undefined ? undefined : await expectedEra(net, activeFrom);
    if (committeeFrom) {
      out.line(`  signs       from era ${committeeFrom.era} on at the earliest, about ${committeeFrom.at}`);
    }
    const active = sent.id !== undefined && flags.wait && (await waitUntilActive(ctx, root, signerAddress));
    if (active) out.line("  active");
    if (sent.id !== undefined && signer.file !== null) {
      const init = `koma node init --dir ./my-validator --signer-file ${signer.file}`;
      out.note(
        `Next: ${flags["signer-file"] === undefined ? init : "koma node start, with the folder of that signer key"}`,
      );
      out.note(
        "A validator in the committee whose node does not run counts as absent. Look with: koma consensus status",
      );
    }
    return {
      id: sent.id?.toString() ?? null,
      address: owner.address,
      signer: signerAddress,
      signerFile: signer.file,
      stakeWei: flags.stake.toString(),
      tx: sent.hash ?? null,
      gasUsed: sent.gasUsed.toString(),
      activeFrom: activeFrom === undefined ? null : isoTime(activeFrom),
      active,
      committeeFrom: committeeFrom ?? null,
    };
  }
}

/** Before anything is signed: with the person's own names and the flags that mend it. */
async function checkStake(root: RootChain, owner: Address, name: string, stake: bigint): Promise<void> {
  const { formatAmount } = await import("../../src/primitives/index.ts");
  const [{ minStakeWei }, balance] = await Promise.all([root.stakes.params(), root.kmc.balanceOf(owner)]);
  if (stake < minStakeWei) {
    throw new UserError("KOMA_E_STAKE_LOW", `Cannot register validator "${name}": the stake is below the minimum.`, {
      facts: {
        stakeWei: stake,
        minStakeWei,
        why: `${formatAmount(stake)} KMC offered, the root contract asks for at least ${formatAmount(minStakeWei)} KMC.`,
      },
      fix: [`koma validator register --key ${name} --stake ${formatAmount(minStakeWei)}`],
    });
  }
  if (stake > balance) {
    throw new UserError("KOMA_E_BALANCE_LOW", `Cannot register validator "${name}": it does not have that much KMC.`, {
      facts: {
        stakeWei: stake,
        balanceWei: balance,
        why: `${formatAmount(stake)} KMC offered, ${formatAmount(balance)} KMC on the root chain.`,
      },
      fix: [`koma token balance KMC ${name} --chain l1`],
    });
  }
}

async function signerFrom(
  net: NetClient,
  file: string | undefined,
  name: string,
  dryRun: boolean,
): Promise<{ readonly key: Bytes; readonly file: string | null }> {
  const {
    createPrivateKey,
    ensurePrivateFolder,
    formatPrivateKey,
    PRIVATE_FILE,
    parseKeyName,
    readKeyFile,
    writeFileAtomic,
  } = await import("../../src/wallet/index.ts");
  if (file !== undefined) return { key: await readKeyFile(file), file };
  const key = createPrivateKey();
  if (dryRun) return { key, file: null };
  // Beside the keys of the network's own nodes: it is worth nothing without that network.
  const folder = join(net.dir, "keys");
  const path = join(folder, `${parseKeyName(name)}.signer`);
  await ensurePrivateFolder(folder);
  const written = writeFileAtomic(path, `${formatPrivateKey(key)}\n`, { mode: PRIVATE_FILE, exclusive: true });
  await written.catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause;
    throw new UserError("KOMA_E_KEY_EXISTS", `There is a signer key named "${name}" already.`, {
      facts: { path },
      fix: [`Use it: --signer-file ${path}`, "Name another one with --name."],
      cause,
    });
  });
  return { key, file: path };
}

async function expectedEra(net: NetClient, activeFrom: number): Promise<ExpectedEra | undefined> {
  const consensus = await committeeOf(net);
  return consensus && firstEraWith(consensus, activeFrom * 1000, Date.now());
}

/** When the stake counts, root-chain seconds. */
async function activation(root: RootChain, id: bigint): Promise<number | undefined> {
  const [validator, genesisTime, { epochLength }] = await Promise.all([
    root.stakes.validator(id),
    root.stakes.genesisTime(),
    root.stakes.params(),
  ]);
  return validator && epochStart(genesisTime, epochLength, validator.activationEpoch);
}

async function waitUntilActive(ctx: Ctx, root: RootChain, signer: Address): Promise<boolean> {
  const { epochLength } = await root.stakes.params();
  // A stake counts from the next epoch on; the root chain's blocks may be late.
  const limitMs = 2_000 * epochLength + 60_000;
  return waitFor(ctx, { what: "the stake counts", limitMs, fix: ["koma validator list"] }, async () =>
    (await root.stakes.activeSet()).some((seat) => seat.signer === signer) ? true : undefined,
  );
}
