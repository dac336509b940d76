import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { network } from "hardhat";
import { parseSignature, toFunctionSelector } from "viem";

// What ignition deployed is used through viem: a purchase with a permit (EIP-712, EIP-2612).
const deployed = JSON.parse(readFileSync("ignition/deployments/chain-80401/deployed_addresses.json", "utf8"));
const { viem } = await network.create();
const [wallet] = await viem.getWalletClients();
const reader = await viem.getPublicClient();
const points = await viem.getContractAt("Points", deployed["Shop#Points"]);
const till = await viem.getContractAt("Till", deployed["Shop#Till"]);
const counter = await viem.getContractAt("Counter", deployed["Shop#CounterProxy"]);

assert.equal(await points.read.balanceOf([wallet.account.address]), 1_000n);
// Once by the proxy's own initialisation, once by ignition.
assert.equal(await counter.read.count(), 2n);

const deadline = 2n ** 48n;
const signature = await wallet.signTypedData({
  domain: { name: "Points", version: "1", chainId: 80_401, verifyingContract: points.address },
  types: {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  },
  primaryType: "Permit",
  message: { owner: wallet.account.address, spender: till.address, value: 40n, nonce: 0n, deadline },
});
const { r, s, v } = parseSignature(signature);
const hash = await till.write.buy([40n, deadline, Number(v), r, s]);
const receipt = await reader.waitForTransactionReceipt({ hash });
assert.equal(receipt.status, "success");
assert.equal((await till.read.ownerOf([1n])).toLowerCase(), wallet.account.address.toLowerCase());
assert.equal(await points.read.balanceOf([till.address]), 40n);
// The same permit again: the error of another contract, by its selector.
const replayed = toFunctionSelector("ERC2612InvalidSigner(address,address)");
await assert.rejects(till.write.buy([40n, deadline, Number(v), r, s]), new RegExp(replayed));
console.log("hardhat, ignition, viem and OpenZeppelin: fine");
