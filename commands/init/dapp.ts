import { resolve } from "node:path";
import { Args, type Ctx, Flags, KomaCommand, type NetClient, openRootChain, runningNet } from "../../src/cli/index.ts";
import { EnvironmentError } from "../../src/errors.ts";

export interface ScaffoldedDapp {
  readonly dir: string;
  readonly template: string;
  readonly files: readonly string[];
  /** Devnet that its settings point to; null when none was running and the defaults were written. */
  readonly network: string | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly installed: boolean;
  readonly git: boolean;
  /** What to type next. */
  readonly next: readonly string[];
}

export interface ListedTemplate {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
}

export default class InitDapp extends KomaCommand<ScaffoldedDapp | readonly ListedTemplate[]> {
  static override kind = "init.dapp";
  static override summary = "Make a DApp from a template, set up for the running devnet.";
  static override description =
    `Copies the template and writes .env.local with the devnet's endpoints, its demo token and a public test key. Without a running
devnet the settings are those of a default one. On a terminal npm install runs too, unless --no-install says otherwise.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> shop --template payment-checkout",
    "<%= config.bin %> <%= command.id %> shop --force --no-install --no-git --json",
    "<%= config.bin %> <%= command.id %> --list",
  ];
  static override args = {
    dir: Args.string({ description: "Folder to make; default: the template's name.", ignoreStdin: true }),
  };
  static override flags = {
    template: Flags.string({
      char: "t",
      summary: "Template to copy.",
      default: "payment-checkout",
      env: "KOMA_INIT_TEMPLATE",
    }),
    list: Flags.boolean({ summary: "List the templates and make nothing.", env: "KOMA_INIT_LIST" }),
    force: Flags.boolean({
      summary: "Overwrite the template's files in a folder that is not empty; deletes nothing.",
      env: "KOMA_INIT_FORCE",
    }),
    install: Flags.boolean({
      summary: "Run npm install; default: on a terminal.",
      allowNo: true,
      env: "KOMA_INIT_INSTALL",
    }),
    git: Flags.boolean({
      summary: "Run git init, unless the folder is in a repository already.",
      default: true,
      allowNo: true,
      env: "KOMA_INIT_GIT",
    }),
  };

  async execute(ctx: Ctx): Promise<ScaffoldedDapp | readonly ListedTemplate[]> {
    const { args, flags } = await this.parse(InitDapp);
    const { findTemplate, listTemplates, scaffold } = await import("../../src/scaffold/index.ts");
    if (flags.list) {
      const templates = listTemplates().map(({ name, description, tags }) => ({ name, description, tags }));
      ctx.out.table(
        [{ title: "template" }, { title: "what it is" }, { title: "made with" }],
        templates.map(({ name, description, tags }) => [name, description, tags.join(", ")]),
      );
      return templates;
    }
    const template = findTemplate(flags.template);
    const dir = args.dir ?? template.name;
    const net = await runningNet(ctx);
    const environment = net ? await settingsOf(net) : await defaultSettings();
    const files = scaffold(template, dir, { values: {}, environment, force: flags.force });
    const { out } = ctx;
    out.line(`${template.name} in ${resolve(dir)}: ${files.length} files`);
    if (net) out.line(`  set up for the devnet ${net.name}: ${environment["VITE_KOMA_RPC_URL"]}`);
    else {
      out.warn("KOMA_W_NO_DEVNET", "No devnet is running: .env.local has the settings of a default one.");
    }
    const git = flags.git && (await initGit(ctx, dir));
    const installed = (flags.install ?? (process.stdin.isTTY === true && !ctx.cfg.json)) && (await install(ctx, dir));
    const next = [
      `cd ${dir}`,
      ...(net ? [] : ["koma devnet up"]),
      ...(installed ? [] : ["npm install"]),
      "npm run dev",
    ];
    out.line(`\nNext: ${next.join(" && ")}`);
    return {
      dir: resolve(dir),
      template: template.name,
      files,
      network: net?.name ?? null,
      environment,
      installed,
      git,
      next,
    };
  }
}

async function settingsOf(net: NetClient): Promise<Readonly<Record<string, string>>> {
  const { parseAddress } = await import("../../src/primitives/index.ts");
  const demo = net.contracts["DemoToken"];
  const root = await openRootChain(net);
  const token =
    demo === undefined ? undefined : await root.registry.childTokenOf(BigInt(net.chainId), parseAddress(demo));
  return settings({
    rpcUrl: net.rpcUrl(),
    chainId: net.chainId,
    chainName: net.chain.name,
    mnemonic: net.manifest.accounts.mnemonic,
    token,
  });
}

/** A default devnet's, as far as they do not depend on its deployment. */
async function defaultSettings(): Promise<Readonly<Record<string, string>>> {
  const { TEST_MNEMONIC } = await import("../../src/wallet/index.ts");
  return settings({ rpcUrl: "http://127.0.0.1:21100", chainId: 80_401, chainName: "main", mnemonic: TEST_MNEMONIC });
}

/** Bob sells, alice buys: both are public test accounts. */
async function settings(facts: {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly chainName: string;
  readonly mnemonic: string;
  readonly token?: string | undefined;
}): Promise<Readonly<Record<string, string>>> {
  const { deriveAccounts, formatPrivateKey } = await import("../../src/wallet/index.ts");
  const { checksumAddress } = await import("../../src/primitives/index.ts");
  const [alice, bob] = deriveAccounts(facts.mnemonic, 2);
  return {
    VITE_KOMA_RPC_URL: facts.rpcUrl,
    VITE_KOMA_CHAIN_ID: String(facts.chainId),
    VITE_KOMA_CHAIN_NAME: `KOMA ${facts.chainName}`,
    ...(bob ? { VITE_MERCHANT: checksumAddress(bob.address) } : {}),
    ...(facts.token === undefined ? {} : { VITE_TOKEN: facts.token }),
    ...(alice ? { VITE_DEV_KEY: formatPrivateKey(alice.privateKey) } : {}),
  };
}

/** False when git is not there, or the folder is under version control already: neither is a reason to fail. */
async function initGit(ctx: Ctx, dir: string): Promise<boolean> {
  const { execa } = await import("execa");
  const run = (...args: readonly string[]) =>
    execa("git", args, { cwd: dir, reject: false, stdin: "ignore", cancelSignal: ctx.signal });
  const inside = await run("rev-parse", "--is-inside-work-tree");
  if (inside.exitCode === 0) return false;
  const made = await run("init", "--quiet");
  return made.exitCode === 0;
}

/** @throws {EnvironmentError} KOMA_E_INSTALL_FAILED */
async function install(ctx: Ctx, dir: string): Promise<boolean> {
  const { execa } = await import("execa");
  ctx.out.note("npm install …");
  const result = await execa("npm", ["install", "--no-fund", "--no-audit"], {
    cwd: dir,
    reject: false,
    stdin: "ignore",
    all: true,
    cancelSignal: ctx.signal,
  });
  ctx.signal.throwIfAborted();
  if (result.exitCode === 0) return true;
  const last = (result.all ?? "").trim().split("\n").slice(-5).join("\n");
  throw new EnvironmentError("KOMA_E_INSTALL_FAILED", "npm install failed; the files are written.", {
    facts: { dir: resolve(dir), why: last === "" ? `npm ended with exit code ${result.exitCode ?? "none"}.` : last },
    fix: [`cd ${dir} && npm install`],
  });
}
