import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Interface, type InterfaceAbi, type JsonFragment } from "ethers";
import { EnvironmentError } from "../errors.ts";
import { packageRoot } from "../package-files.ts";
import type { Hex } from "../primitives/index.ts";

/** What `contracts/build.ts` writes for one contract. */
export interface ContractArtifact {
  readonly contractName: string;
  readonly abi: readonly JsonFragment[];
  /** Creation code, without constructor arguments. */
  readonly bytecode: Hex;
  /** Code of the deployed contract; immutables, if any, are zero in it. */
  readonly deployedBytecode: Hex;
}

/** The compiled contracts that are shipped with koma. */
export interface Artifacts {
  /** @throws {EnvironmentError} KOMA_E_CONTRACTS_NOT_BUILT */
  of(contractName: string): ContractArtifact;
  interfaceOf(contractName: string): Interface;
  /** Every contract, in the order of names. */
  all(): readonly ContractArtifact[];
}

const loaded = new Map<string, Artifacts>();

/**
 * Reads compiled contracts lazily: a command that needs one contract does not parse a megabyte of JSON.
 *
 * @param folder default: `contracts/artifacts` of this package
 * @throws {EnvironmentError} KOMA_E_CONTRACTS_NOT_BUILT when the folder is not there
 */
export function loadArtifacts(folder: string = shippedFolder()): Artifacts {
  const known = loaded.get(folder);
  if (known) return known;
  if (!existsSync(folder)) throw notBuilt(folder);
  const artifacts = new Map<string, ContractArtifact>();
  const interfaces = new Map<string, Interface>();

  function of(contractName: string): ContractArtifact {
    const cached = artifacts.get(contractName);
    if (cached) return cached;
    const file = join(folder, `${contractName}.json`);
    if (!existsSync(file)) throw notBuilt(file);
    const artifact = JSON.parse(readFileSync(file, "utf8")) as ContractArtifact;
    artifacts.set(contractName, artifact);
    return artifact;
  }

  const result: Artifacts = {
    of,
    interfaceOf(contractName) {
      let contract = interfaces.get(contractName);
      if (!contract) {
        contract = new Interface(of(contractName).abi as InterfaceAbi);
        interfaces.set(contractName, contract);
      }
      return contract;
    },
    all: () =>
      readdirSync(folder)
        .filter((file) => file.endsWith(".json"))
        .sort()
        .map((file) => of(file.slice(0, -".json".length))),
  };
  loaded.set(folder, result);
  return result;
}

function shippedFolder(): string {
  return join(packageRoot(), "contracts", "artifacts");
}

function notBuilt(path: string): EnvironmentError {
  return new EnvironmentError("KOMA_E_CONTRACTS_NOT_BUILT", "The root contracts have not been compiled.", {
    facts: { path },
    fix: ["npm run build:contracts"],
  });
}
