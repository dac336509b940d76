import ignitionWithViem from "@nomicfoundation/hardhat-ignition-viem";

export default {
  plugins: [ignitionWithViem],
  solidity: {
    version: "0.8.37",
    // The WebAssembly build of the npm package, so that no compiler is downloaded.
    path: process.env.KOMA_SOLJSON,
    settings: { evmVersion: "cancun", optimizer: { enabled: true, runs: 200 } },
  },
  networks: {
    koma: { type: "http", chainType: "l1", url: process.env.KOMA_RPC_URL, accounts: [process.env.KOMA_KEY] },
  },
};
