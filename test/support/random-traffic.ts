import { Interface } from "ethers";
import {
  childBridgeAddress,
  type Deposit,
  DepositKind,
  deliverCalldata,
  komaNativeAddress,
} from "../../src/bridge/index.ts";
import type { Transaction, TransactionFields } from "../../src/chain/index.ts";
import { type Address, type Bytes, concatBytes, emptyBytes, type Hex, hexToBytes } from "../../src/primitives/index.ts";
import { multicall3 } from "../../src/rootchain/index.ts";
import { alice, bob, carol, sign, type TestAccount, type TestChain } from "./chain-fixture.ts";
import type { Prng } from "./prng.ts";

const users = [alice, bob, carol] as const;
const calls = new Interface([
  "function transfer(address to, uint256 amount)",
  "function transferFrom(address from, address to, uint256 amount)",
  "function approve(address spender, uint256 amount)",
  "function withdraw(uint256 amount)",
  "function withdrawTo(address recipient)",
  "function withdrawTo(address recipient, uint256 amount)",
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls)",
]);
const metadata = new Interface(["function f(string name, string symbol, uint8 decimals)"]);
const call = (method: string, ...args: readonly unknown[]): Bytes =>
  hexToBytes(calls.encodeFunctionData(method, args) as Hex);

/** Creation code that emits a log of four topics, keeps no code, and one that fails. */
const LOGGING = hexToBytes("0x600160026003600460206000a400");
const FAILING = hexToBytes("0xfe");

export interface TrafficOptions {
  /** Asked anew for every block: the chain may have been opened again. */
  readonly chain: () => TestChain;
  readonly producer: TestAccount;
  /** Where the child of `rootToken` stands, or will. */
  readonly token: Address;
  readonly rootToken: Address;
  readonly kmc: Address;
}

/** Transactions of a block: the producer's deliveries, and what users send. */
export interface BlockTraffic {
  readonly deliveries: readonly Transaction[];
  readonly users: readonly Transaction[];
}

type Fields = Partial<TransactionFields>;

/**
 * Valid traffic of every kind that has been taken for fraud somewhere: calls that revert, every type of transaction,
 * transfers to oneself and of nothing, calldata behind the arguments, transfers that contracts make, calls of a token before
 * it exists, deliveries that park, contracts that log while they are created.
 */
export function createTraffic(prng: Prng, options: TrafficOptions): { next(): BlockTraffic } {
  const { chain, producer, token, rootToken, kmc } = options;
  let deposits = 0n;
  let blocks = 0;

  const anybody = (): Address =>
    (prng.pick([...users.map(({ address }) => address), multicall3.address]) ?? token) as Address;
  const some = (most: number): bigint => BigInt(prng.between(0, most));

  function deposit(kind: number, root: Address, recipient: Address, amount: bigint, data: Bytes = emptyBytes): Deposit {
    deposits += 1n;
    return { id: deposits, kind, rootToken: root, recipient, amount, data, createdAt: 1n } as unknown as Deposit;
  }

  function dueDeposits(): readonly Deposit[] {
    if (blocks < 3) return [];
    if (deposits === 0n) {
      const encoded = metadata.encodeFunctionData("f", ["Demo Dollar", "dUSD", 18]) as Hex;
      return [deposit(DepositKind.mapToken, rootToken, producer.address, 0n, hexToBytes(encoded).subarray(4))];
    }
    return Array.from({ length: prng.between(0, 2) }, () =>
      prng.next() < 0.5
        ? deposit(DepositKind.erc20, rootToken, anybody(), some(1_000) + 1n)
        : // The token takes no coins, so what is meant for it is parked.
          deposit(DepositKind.native, kmc, prng.next() < 0.2 ? token : anybody(), some(1_000) + 1n),
    );
  }

  /** One call of a user, whatever comes of it. */
  function action(user: TestAccount): Fields {
    const to = prng.next() < 0.2 ? user.address : anybody();
    const amount = prng.next() < 0.2 ? 0n : some(400);
    const choices: readonly (() => Fields)[] = [
      () => ({ to, value: amount }),
      () => ({ to: token, data: call("transfer", to, amount) }),
      () => ({ to: token, data: call("transfer", to, amount) }),
      () => ({ to: token, data: concatBytes(call("transfer", to, amount), hexToBytes("0x00deadbeef")) }),
      () => ({ to: token, data: call("transfer", to, 10n ** 30n) }),
      () => ({ to: token, data: call("transfer", `0x${"00".repeat(20)}`, amount) }),
      () => ({ to: token, value: 1n, data: call("transfer", to, amount) }),
      () => ({ to: token, data: call("transfer", to, amount).subarray(0, 40) }),
      () => ({ to: token, data: call("approve", multicall3.address, amount) }),
      () => ({ to: token, data: call("transferFrom", user.address, to, 0n) }),
      () => ({ to: token, data: call("withdraw", amount) }),
      () => ({ to: token, data: call("withdrawTo(address,uint256)", to, amount) }),
      () => ({ to: komaNativeAddress, value: amount, data: call("withdrawTo(address)", user.address) }),
      () => ({
        to: multicall3.address,
        data: call("aggregate3", [
          { target: token, allowFailure: true, callData: call("transfer", to, amount) },
          { target: token, allowFailure: true, callData: call("transferFrom", user.address, to, amount) },
        ]),
      }),
      () => ({ data: LOGGING }),
      () => ({ data: FAILING }),
    ];
    return (prng.pick(choices) as () => Fields)();
  }

  function signedBy(user: TestAccount, nonce: bigint, fields: Fields): Transaction {
    const type = prng.between(0, 2) as 0 | 1 | 2;
    const listed = type > 0 && prng.next() < 0.3;
    const accessList = listed ? [{ address: token, storageKeys: [`0x${"00".repeat(32)}` as never] }] : [];
    const unprotected = type === 0 && prng.next() < 0.3;
    return sign(user, {
      gasLimit: 300_000n,
      ...fields,
      nonce,
      type,
      ...(type > 0 ? { accessList } : {}),
      ...(unprotected ? { chainId: undefined } : {}),
    } as never);
  }

  return {
    next() {
      blocks += 1;
      const { executor } = chain();
      const state = executor.stateAt(executor.finalHead.hash);
      const nonces = new Map<Address, bigint>();
      const nonceOf = (address: Address): bigint => {
        const nonce = nonces.get(address) ?? state.account(address)?.nonce ?? 0n;
        nonces.set(address, nonce + 1n);
        return nonce;
      };
      const deliveries = dueDeposits().map((due) =>
        sign(producer, {
          nonce: nonceOf(producer.address),
          to: childBridgeAddress,
          data: deliverCalldata(due),
          gasLimit: 5_000_000n,
        }),
      );
      const sent = Array.from({ length: prng.between(0, 5) }, () => {
        const user = prng.pick(users) as TestAccount;
        return signedBy(user, nonceOf(user.address), action(user));
      });
      return { deliveries, users: sent };
    },
  };
}
