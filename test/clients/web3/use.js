import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Web3 } from "web3";

const { abi, bytecode } = JSON.parse(readFileSync(process.env.KOMA_ARTIFACT, "utf8"));
const web3 = new Web3(process.env.KOMA_RPC_URL);
const socket = new Web3(process.env.KOMA_WS_URL);
const account = web3.eth.accounts.wallet.add(process.env.KOMA_KEY)[0].address;

assert.equal(await web3.eth.getChainId(), 80_401n);
assert.equal(await web3.eth.net.getId(), 80_401n);
const heads = [];
const subscription = await socket.eth.subscribe("newBlockHeaders");
subscription.on("data", ({ number }) => heads.push(number));

// Coins: type 2 by default, then legacy.
const to = web3.eth.accounts.create().address;
const paid = await web3.eth.sendTransaction({ from: account, to, value: "7" });
assert.equal(paid.status, 1n);
const gasPrice = (await web3.eth.getGasPrice()) * 2n;
const legacy = await web3.eth.sendTransaction({ from: account, to, value: "8", type: 0, gasPrice });
assert.equal(legacy.type, 0n);
assert.equal(await web3.eth.getBalance(to), 15n);

// A contract: deploy, send, call, past events, a custom error.
const token = await new web3.eth.Contract(abi).deploy({ data: bytecode }).send({ from: account });
await token.methods.faucet(500).send({ from: account });
assert.equal(await token.methods.balanceOf(account).call(), 500n);
const events = await token.getPastEvents("Transfer", { fromBlock: 0 });
assert.equal(events.length, 1);
assert.equal(events[0].returnValues.value, 500n);
await assert.rejects(token.methods.faucet(10n ** 30n).call({ from: account }), (error) => {
  assert.equal(error.cause?.errorName ?? error.innerError?.errorName, "FaucetLimit");
  return true;
});

// A proof comes with its account, blocks come over WebSocket.
const proof = await web3.eth.getProof(token.options.address, [`0x${"0".repeat(63)}2`], "latest");
assert.equal(proof.storageProof.length, 1);
assert.ok((await web3.eth.getFeeHistory(4, "latest", [50])).baseFeePerGas.length === 5);
while (heads.length === 0) await new Promise((resolve) => subscription.once("data", resolve));
await socket.eth.clearSubscriptions();
socket.provider.disconnect();
console.log("web3.js: fine");
