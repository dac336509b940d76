import { createRequire } from "node:module";
import { Interface } from "ethers";
import { type Bytes, hexToBytes } from "../../src/primitives/index.ts";

/** A contract that does everything a state must get right: storage, logs, creations, destructions, reverts. */
const SOURCE = `
pragma solidity ^0.8.28;

contract Child {
  uint256 public x;
  constructor(uint256 v) payable { x = v; }
  function set(uint256 v) external { x = v; }
  function die(address payable to) external { selfdestruct(to); }
}

contract Playground {
  mapping(uint256 => uint256) public slots;
  mapping(address => uint256) public balanceOf;
  Child public child;
  address public recovered;
  uint256 transient counter;

  event Transfer(address indexed from, address indexed to, uint256 value);
  error Custom(uint256 value);

  receive() external payable {}

  function mint(address to, uint256 value) external {
    balanceOf[to] += value;
    emit Transfer(address(0), to, value);
  }
  function transfer(address to, uint256 value) external returns (bool) {
    require(balanceOf[msg.sender] >= value, "too little");
    balanceOf[msg.sender] -= value;
    balanceOf[to] += value;
    emit Transfer(msg.sender, to, value);
    return true;
  }
  function write(uint256 key, uint256 value) external { slots[key] = value; }
  function writeMany(uint256 first, uint256 many, uint256 value) external {
    for (uint256 i = 0; i < many; i++) slots[first + i] = value;
  }
  function fail(uint256 key) external { slots[key] = 99; child = Child(address(1)); revert Custom(key); }
  function tryInner(uint256 key, uint256 value) external {
    slots[key] = value;
    try this.fail(key) {} catch { slots[key + 1] = slots[key]; }
  }
  function create(uint256 value) external payable { child = new Child{value: msg.value}(value); }
  function create2(bytes32 salt, uint256 value) external { child = new Child{salt: salt}(value); }
  function createAndKill(bytes32 salt, uint256 value, address payable to) external payable {
    Child made = new Child{salt: salt, value: msg.value}(value);
    made.set(value + 1);
    made.die(to);
    slots[value] = made.x();
  }
  function killChild(address payable to) external { child.die(to); }
  function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) external { recovered = ecrecover(digest, v, r, s); }
  function ancestor(uint256 number) external { slots[number] = uint256(blockhash(number)); }
  function environment() external {
    slots[1] = block.timestamp; slots[2] = block.basefee; slots[3] = block.prevrandao; slots[4] = block.gaslimit;
    slots[5] = uint160(address(block.coinbase)); slots[6] = block.chainid; slots[7] = block.number; slots[8] = block.blobbasefee;
    slots[9] = tx.gasprice; slots[10] = gasleft(); slots[11] = address(this).balance; slots[12] = uint160(tx.origin);
  }
  function count() external { counter += 1; slots[77] = counter; }
  function hashes(bytes calldata data) external {
    slots[21] = uint256(sha256(data)); slots[22] = uint256(uint160(ripemd160(data))); slots[23] = uint256(keccak256(data));
  }
  function callRaw(address to, uint256 value, bytes calldata data) external {
    (bool ok, bytes memory answer) = to.call{value: value}(data);
    slots[31] = ok ? 1 : 2;
    slots[32] = uint256(keccak256(answer));
  }
  function nest(uint256 depth) external { if (depth > 0) this.nest(depth - 1); else slots[41] += 1; }
  function spin() external pure { while (true) {} }
  function sum(uint256 rounds) external pure returns (uint256 total) { for (uint256 i = 0; i < rounds; i++) total += i * i; }
}
`;

interface Compiled {
  readonly abi: Interface;
  readonly bytecode: Bytes;
}

let compiled: Compiled | undefined;

/** Compiled once per test file with the pinned solc, for Cancun. */
export function playground(): Compiled {
  compiled ??= compile();
  return compiled;
}

function compile(): Compiled {
  // solc is CommonJS without types for its main file.
  const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: "Solidity",
        sources: { "Playground.sol": { content: SOURCE } },
        settings: {
          evmVersion: "cancun",
          optimizer: { enabled: true, runs: 200 },
          outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
        },
      }),
    ),
  );
  const contract = output.contracts?.["Playground.sol"]?.Playground;
  if (!contract) throw new Error(output.errors.map((e: { formattedMessage: string }) => e.formattedMessage).join("\n"));
  return { abi: new Interface(contract.abi), bytecode: hexToBytes(`0x${contract.evm.bytecode.object}`) };
}

/** Calldata of one of its functions. */
export function playgroundCall(name: string, ...args: readonly unknown[]): Bytes {
  return hexToBytes(playground().abi.encodeFunctionData(name, args));
}
