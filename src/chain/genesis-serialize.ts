import { type Address, bytesToHex, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import type { Genesis, GenesisAccount } from "./genesis.ts";

/**
 * The canonical text of a genesis: keys in one order, maps sorted, every `bigint` a decimal string, bytes as lower-case
 * hex. `parseGenesis(JSON.parse(text))` gives the genesis back.
 */
export function serializeGenesis(genesis: Genesis): string {
  const plain = { ...plainRules(genesis), alloc: plainAlloc(genesis.alloc) };
  return `${JSON.stringify(plain, null, 2)}\n`;
}

/**
 * Hash of everything in the genesis but `alloc`, which the state root covers: keccak256 of the canonical JSON without
 * white space. It is the `extraData` of the genesis block, so that the block's hash names the whole file.
 */
export function genesisRulesHash(genesis: Genesis): Hash {
  return keccakHash(utf8(JSON.stringify(plainRules(genesis))));
}

function plainRules(g: Genesis) {
  const { consensus, checkpoint, rootChain } = g;
  return {
    version: g.version,
    chainId: g.chainId.toString(),
    name: g.name,
    timestamp: g.timestamp.toString(),
    gasLimit: g.gasLimit.toString(),
    baseFeePerGas: g.baseFeePerGas.toString(),
    validators: g.validators.map(({ name, signer, stake, producer, peerId }) => ({
      name,
      signer,
      stake: stake.toString(),
      producer,
      // JSON.stringify leaves undefined out.
      peerId,
    })),
    consensus: {
      baseRoundMs: consensus.baseRoundMs,
      maxRoundExp: consensus.maxRoundExp,
      eraMinBlocks: consensus.eraMinBlocks,
      eraMinMs: consensus.eraMinMs,
      weightScale: consensus.weightScale,
      maxLevel: consensus.maxLevel,
      openGapSlots: consensus.openGapSlots,
      maxValidators: consensus.maxValidators,
      lnc: consensus.lnc,
      endorseEvidenceLimit: consensus.endorseEvidenceLimit,
      recoveryDelayMs: consensus.recoveryDelayMs,
      thresholds: consensus.thresholds,
    },
    checkpoint: { every: checkpoint.every, proposerTimeoutMs: checkpoint.proposerTimeoutMs },
    rootChain: {
      chainId: rootChain.chainId.toString(),
      confirmations: rootChain.confirmations,
      contracts: sortedRecord(rootChain.contracts),
      startBlock: rootChain.startBlock.toString(),
    },
    devnet: g.devnet,
  };
}

function plainAlloc(alloc: Readonly<Record<Address, GenesisAccount>>) {
  const accounts = Object.entries(sortedRecord(alloc)).map(([address, account]) => {
    const plain = {
      balance: account.balance.toString(),
      nonce: account.nonce?.toString(),
      code: account.code && bytesToHex(account.code),
      storage: account.storage && sortedRecord(account.storage),
    };
    return [address, plain] as const;
  });
  return Object.fromEntries(accounts);
}

// By code unit, not by locale: the same order on every machine.
function sortedRecord<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries);
}
