import {
  amountFlag,
  type Ctx,
  Flags,
  KomaCommand,
  openKey,
  requestOf,
  resolveAddress,
  type SentTransaction,
  sendTransaction,
  transactionFlags,
} from "../../src/cli/index.ts";

export default class TxSend extends KomaCommand<SentTransaction> {
  static override kind = "tx.send";
  static override summary = "Send a transaction on the KOMA chain.";
  static override description =
    "Pays KMC, calls a contract or creates one. Waits until it is in a block; with --finality until it is final.";
  static override examples = [
    "<%= config.bin %> tx send --to bob --value 1.5",
    "<%= config.bin %> tx send --from bob --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --value 1 --finality 1/3",
    "<%= config.bin %> tx send --to 0x5FbDB2315678afecb367f032d93F642f64180aa3 --data 0xd09de08a --json",
  ];
  static override flags = {
    to: Flags.string({ summary: "Recipient: an address or a name; left out to create a contract.", env: "KOMA_TX_TO" }),
    value: amountFlag({ summary: "KMC to send along: 1.5, 7wei.", env: "KOMA_TX_VALUE" }),
    data: Flags.string({
      summary: "Call data, or the code of a new contract, as hex.",
      env: "KOMA_TX_DATA",
      helpValue: "HEX",
    }),
    ...transactionFlags,
  };

  async execute(ctx: Ctx): Promise<SentTransaction> {
    const { flags } = await this.parse(TxSend);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { hexToBytes } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const chain = await openChainClient(net.rpcUrl());
    const request = {
      ...requestOf(flags),
      ...(flags.to === undefined ? {} : { to: await resolveAddress(ctx, net, flags.to) }),
      ...(flags.value === undefined ? {} : { value: flags.value }),
      ...(flags.data === undefined ? {} : { data: hexToBytes(flags.data) }),
    };
    const { receipt, ...sent } = await sendTransaction(ctx, chain, request, key.privateKey, flags);
    ctx.out.line(`transaction ${sent.hash}`);
    if (sent.block !== null) ctx.out.line(`${sent.status} in block ${sent.block}, gas used ${sent.gasUsed}`);
    if (receipt?.contractAddress) ctx.out.line(`contract ${receipt.contractAddress}`);
    return { ...sent, ...(receipt?.contractAddress ? { contract: receipt.contractAddress } : {}) };
  }
}
