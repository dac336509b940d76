import { code, page, prose, table } from "./markdown.ts";

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly indexed?: boolean;
}

interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly Parameter[];
  readonly outputs?: readonly Parameter[];
  readonly stateMutability?: string;
}

/** An artifact, and the Solidity source that it was built from. */
export interface ContractSource {
  readonly name: string;
  readonly abi: readonly AbiItem[];
  /** Path in the repository. */
  readonly file: string;
  readonly source: string;
}

/** Members that upgradeable root contracts share; said once instead of in every list. */
const shared = new Set([
  ...["UPGRADE_INTERFACE_VERSION", "proxiableUUID", "upgradeToAndCall", "owner", "pendingOwner", "acceptOwnership"],
  ...["transferOwnership", "guardian", "setGuardian", "pause", "unpause", "pausedUntil", "Upgraded", "Initialized"],
  ...["AddressEmptyCode", "ERC1967InvalidImplementation", "ERC1967NonPayable", "FailedCall", "InvalidInitialization"],
  ...["NotInitializing", "UUPSUnauthorizedCallContext", "UUPSUnsupportedProxiableUUID"],
]);

/** What can be called, heard and refused, contract by contract. Libraries without functions of their own are left out. */
export function contractsPage(contracts: readonly ContractSource[]): string {
  const shown = contracts
    .filter(({ abi }) => abi.some(({ type }) => type === "function"))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const side = (child: boolean) => shown.filter(({ file }) => file.startsWith("contracts/src/child/") === child);
  return page(
    "Contracts",
    "Here you look up what the contracts of both chains offer. `koma devnet env` prints where a devnet has them; errors reach you as `KOMA_E_…` codes through koma, and by these names through any other client.",
    "`contracts/artifacts` and the sources beside them",
    [
      "## On the root chain",
      "Contracts behind a proxy are upgraded by their owner, a timelock on a main network; their guardian can pause what may be paused, for a limited time. The members that this brings (`owner`, `guardian`, `pause`, `upgradeToAndCall` and so on) are left out below.",
      ...side(false).flatMap(describe),
      "## On the KOMA chain",
      "The system contracts stand in the genesis state, at addresses that spell KOMA in ASCII.",
      ...side(true).flatMap(describe),
    ],
  );
}

function describe({ name, abi, file, source }: ContractSource): readonly string[] {
  const { title, notice } = natspec(source, name);
  const own = abi.filter((item) => !shared.has(item.name ?? ""));
  const of = (type: string) => own.filter((item) => item.type === type).sort(byName);
  const functions = of("function");
  const events = of("event");
  const errors = of("error");
  return [
    `### ${name}`,
    [title === "" ? "" : `${title}.`, notice, `([${file}](../../${file}))`].filter((part) => part !== "").join(" "),
    table(
      ["function", "kind", "answers"],
      functions.map((item) => [
        code(signature(item)),
        kindOf(item),
        code((item.outputs ?? []).map(written).join(", ")),
      ]),
    ),
    ...(events.length > 0 ? [`Events: ${events.map((item) => code(signature(item))).join(", ")}.`] : []),
    ...(errors.length > 0 ? [`Errors: ${errors.map((item) => code(signature(item))).join(", ")}.`] : []),
  ];
}

function signature(item: AbiItem): string {
  return `${item.name}(${(item.inputs ?? []).map(written).join(", ")})`;
}

function written({ name, type, internalType, indexed }: Parameter): string {
  const struct = type.startsWith("tuple") ? (internalType ?? type).replace(/^struct (?:\w+\.)?/, "") : type;
  return [struct, indexed === true ? "indexed" : "", name].filter((part) => part !== "").join(" ");
}

function kindOf({ stateMutability = "" }: AbiItem): string {
  if (stateMutability === "nonpayable") return "sends";
  return stateMutability === "payable" ? "sends, takes Ether" : stateMutability;
}

/** `@title` and the first sentences of `@notice` above the contract. */
function natspec(source: string, name: string): { readonly title: string; readonly notice: string } {
  const lines = source.split("\n");
  const at = lines.findIndex((line) => new RegExp(`^(abstract )?(contract|library|interface) ${name}\\b`).test(line));
  let from = at;
  while (from > 0 && (lines[from - 1] ?? "").startsWith("///")) from--;
  const text = lines.slice(from, at).map((line) => line.replace(/^\/\/\/ ?/, ""));
  return { title: tagged(text, "@title"), notice: prose(tagged(text, "@notice")) };
}

/** The text of a tag up to the next tag or an empty line. */
function tagged(lines: readonly string[], tag: string): string {
  const first = lines.findIndex((line) => line.startsWith(tag));
  if (first === -1) return "";
  const rest = lines.slice(first + 1);
  const end = rest.findIndex((line) => line.startsWith("@") || line.trim() === "");
  return [(lines[first] ?? "").slice(tag.length), ...rest.slice(0, end === -1 ? rest.length : end)].join(" ").trim();
}

function byName(a: AbiItem, b: AbiItem): number {
  const left = signature(a);
  const right = signature(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
