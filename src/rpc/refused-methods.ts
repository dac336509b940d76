import { UserError } from "../errors.ts";

const devMethods = /^(evm|anvil|hardhat|ganache|miner|clique)_/;
const keyMethods = /^(personal_|eth_sign|eth_sendTransaction$)/;
const engineMethods = /^(engine|testing)_/;
const miningMethods = /^eth_(coinbase|mining|hashrate|getWork|submitWork|submitHashrate)$/;
const laterForks = /^(eth_getBlockAccessList|debug_getRawBlockAccessList)$/;

/**
 * Why a method that tools know from elsewhere cannot be had here; undefined for one that nobody knows. The number is that of
 * a missing method, so that tools which can do without it do.
 */
export function refusedMethod(name: string): UserError | undefined {
  const refuse = (why: string, fix: string) =>
    new UserError("KOMA_E_RPC_METHOD_REFUSED", `the method ${name.slice(0, 80)} is not available: ${why}`, {
      facts: { method: name.slice(0, 80) },
      fix: [fix],
    });
  if (devMethods.test(name)) {
    return refuse(
      "blocks and their time come from consensus, and no node can make, rewind or change them on request",
      "Wait for blocks; take a fresh state with koma devnet down and koma devnet up. For rewinding tests use anvil.",
    );
  }
  if (keyMethods.test(name)) {
    return refuse(
      "a node holds no keys",
      "Sign in a wallet and send with eth_sendRawTransaction, or use koma tx send.",
    );
  }
  if (engineMethods.test(name))
    return refuse("consensus is part of the node, and it alone builds blocks", "Leave the engine API out.");
  if (miningMethods.test(name)) {
    return refuse("blocks are not mined here", "koma_status names the node's signer, and a block's miner who made it.");
  }
  if (laterForks.test(name)) {
    return refuse("the chain keeps the rules of Cancun, and forks after it brought this method", "Leave it out.");
  }
  if (name === "debug_getBadBlocks") {
    return refuse("a node keeps no blocks that it refused", "koma_getEvidence has what is proven against validators.");
  }
  return undefined;
}
