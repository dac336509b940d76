import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { UserError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { type OwnRecord, openStore, type ProtectionEntry, type Store } from "../storage/index.ts";
import { PRIVATE_FILE, writeFileAtomic } from "../wallet/index.ts";
import { loadConfig, type NodeConfig } from "./config.ts";
import { type ProtectionOwner, parseProtectionFile, serializeProtectionFile } from "./protection-file.ts";

export interface ProtectionOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Writes what the validator of a stopped node has signed into `file`, which must not exist yet and which only its owner can
 * read. Let the node run on afterwards, and the file no longer says everything.
 *
 * @throws {UserError} KOMA_E_PROTECTION_NOTHING, KOMA_E_FILE_EXISTS, and what `loadConfig` throws
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs
 */
export async function exportProtection(
  folder: string,
  file: string,
  options: ProtectionOptions = {},
): Promise<OwnRecord> {
  const config = loadConfig(folder);
  const { signer } = ownerOf(config, folder);
  const nothing = () =>
    new UserError("KOMA_E_PROTECTION_NOTHING", `The node in ${folder} has no record of what ${signer} signed.`, {
      facts: { folder, signer },
      fix: ["Give the folder of the node that signed with this key."],
    });
  // Opening the store would make an empty one, which knows nothing of the past and says so from then on.
  if (!existsSync(join(config.dataDir, "consensus.db"))) throw nothing();
  const { clock = systemClock } = options;
  const record = await withStore(config, options, (store) => store.protection.read(signer));
  if (!record) throw nothing();
  const text = serializeProtectionFile({ ...ownerOf(config, folder), exportedAt: clock.now(), record });
  try {
    await writeFileAtomic(resolve(file), text, { mode: PRIVATE_FILE, exclusive: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new UserError("KOMA_E_FILE_EXISTS", `${file} exists already.`, {
      facts: { path: file },
      fix: ["Choose another name: an older file may be all that is left of another record."],
      cause,
    });
  }
  return record;
}

/**
 * Takes the content of a protection file into the store of a stopped node. Heads only move forward; the answer holds those
 * that moved.
 *
 * @param text of the file
 * @throws {UserError} KOMA_E_PROTECTION_INVALID, KOMA_E_PROTECTION_FOREIGN (another chain or key), KOMA_E_PROTECTION_CONFLICT
 *   (the file and the store hold two different signatures for one place; nothing was taken in), and what `loadConfig` throws
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs
 */
export async function importProtection(
  folder: string,
  text: string,
  options: ProtectionOptions = {},
): Promise<readonly ProtectionEntry[]> {
  const config = loadConfig(folder);
  const owner = ownerOf(config, folder);
  const file = parseProtectionFile(text);
  requireSame(owner, file);
  const { clock = systemClock } = options;
  return withStore(config, options, (store) => {
    // What is signed from here on is written down here; between the file's end and this moment nobody has written.
    store.protection.begin(owner.signer, clock.now());
    const merged = store.protection.merge(owner.signer, file.record);
    if (!("kind" in merged)) return merged;
    throw new UserError("KOMA_E_PROTECTION_CONFLICT", "The file and this node's database contradict each other.", {
      facts: { kind: merged.kind, place: merged.place, here: merged.here, offered: merged.offered },
      fix: ["Do not start this validator: its key has signed two different things. Find the other node that uses it."],
    });
  });
}

function ownerOf({ genesis, genesisHash, signer }: NodeConfig, folder: string): ProtectionOwner {
  if (!signer) {
    throw new UserError("KOMA_E_NO_SIGNER", `The node in ${folder} has no signer key.`, {
      facts: { folder },
      fix: ["Give the folder of a validator."],
    });
  }
  return { chainId: genesis.chainId, genesisHash, signer: signer.address };
}

function requireSame(owner: ProtectionOwner, file: ProtectionOwner): void {
  const differing = (["chainId", "genesisHash", "signer"] as const).find((key) => owner[key] !== file[key]);
  if (differing === undefined) return;
  const what = { chainId: "chain", genesisHash: "genesis", signer: "validator" }[differing];
  throw new UserError("KOMA_E_PROTECTION_FOREIGN", `The protection file belongs to another ${what}.`, {
    facts: { [`${differing}Here`]: owner[differing], [`${differing}InFile`]: file[differing] },
    fix: ["Give the file that was exported from the node with this key on this chain."],
  });
}

async function withStore<T>(
  { dataDir, genesis }: NodeConfig,
  { clock = systemClock, logger = silentLogger }: ProtectionOptions,
  work: (store: Store) => T,
): Promise<T> {
  const store = openStore(dataDir, { chainId: genesis.chainId, logger, clock });
  try {
    return work(store);
  } finally {
    store.close();
  }
}
