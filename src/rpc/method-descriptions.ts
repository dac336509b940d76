/** What a method takes and answers, in one line each. */
export interface DescribedMethod {
  readonly params: string;
  readonly does: string;
}

const block = "block";

/** Every JSON-RPC method of a node. A method that the server has and this list lacks, or the reverse, fails the generator. */
export const describedMethods: Readonly<Record<string, DescribedMethod>> = {
  "rpc.discover": { params: "", does: "this list for programs: an OpenRPC document" },
  rpc_modules: { params: "", does: "namespaces of methods with their versions" },

  web3_clientVersion: { params: "", does: "name and version of the node" },
  web3_sha3: { params: "data", does: "keccak256 of the data" },
  net_version: { params: "", does: "chain id, as decimal text" },
  net_listening: { params: "", does: "true" },
  net_peerCount: { params: "", does: "number of connected peers" },
  eth_chainId: { params: "", does: "chain id" },
  eth_syncing: { params: "", does: "false, or the heights between which the node is catching up" },
  eth_config: { params: "", does: "rules of the chain: fork, precompiles and blob schedule (EIP-7910)" },
  eth_capabilities: {
    params: "",
    does: "head, and the oldest block of which states, transactions, receipts and logs are kept",
  },
  eth_accounts: { params: "", does: "an empty list: a node holds no keys of yours" },

  eth_blockNumber: { params: "", does: "height of the head of the fork choice" },
  eth_getBlockByNumber: {
    params: `${block}, full`,
    does: "the block; with `full` its transactions instead of their hashes",
  },
  eth_getHeaderByNumber: { params: block, does: "the header of the block" },
  eth_getHeaderByHash: { params: "hash", does: "the header of the block" },
  eth_getBlockByHash: { params: "hash, full", does: "the same by hash, also for a block beside the head's branch" },
  eth_getBlockTransactionCountByNumber: { params: block, does: "number of transactions in the block" },
  eth_getBlockTransactionCountByHash: { params: "hash", does: "number of transactions in the block" },
  eth_getBlockReceipts: { params: block, does: "all receipts of the block" },
  eth_getUncleCountByBlockNumber: { params: block, does: "0: there are no uncles" },
  eth_getUncleCountByBlockHash: { params: "hash", does: "0: there are no uncles" },
  eth_getUncleByBlockNumberAndIndex: { params: `${block}, index`, does: "null" },
  eth_getUncleByBlockHashAndIndex: { params: "hash, index", does: "null" },
  eth_getTransactionByBlockNumberAndIndex: { params: `${block}, index`, does: "the transaction at that place" },
  eth_getTransactionByBlockHashAndIndex: { params: "hash, index", does: "the transaction at that place" },
  eth_getTransactionByHash: { params: "hash", does: "a transaction of the head's branch or of the pool" },
  eth_getTransactionReceipt: { params: "hash", does: "its receipt, or null while it is in no block" },

  eth_getRawTransactionByHash: { params: "hash", does: "its EIP-2718 bytes" },

  eth_getBalance: { params: `address, ${block}`, does: "wei of KMC" },
  eth_getTransactionCount: { params: `address, ${block}`, does: "nonce; with `pending` the one after the pool's last" },
  eth_getCode: { params: `address, ${block}`, does: "code of a contract" },
  eth_getStorageAt: { params: `address, slot, ${block}`, does: "one word of storage" },
  eth_getStorageValues: {
    params: `\`{address: [slot]}\`, ${block}`,
    does: "words of storage of several accounts, by address",
  },
  eth_getProof: { params: `address, slots, ${block}`, does: "account and slots with their Merkle proofs (EIP-1186)" },
  eth_call: {
    params: `call, ${block}, overrides, blockOverrides`,
    does: "what the call returns; a revert is an error with its data",
  },
  eth_estimateGas: {
    params: `call, ${block}, overrides, blockOverrides`,
    does: "gas with which the call goes through",
  },
  eth_createAccessList: { params: `call, ${block}`, does: "the access list that the call touches" },
  eth_simulateV1: {
    params: `\`{blockStateCalls, validation, traceTransfers, returnFullTransactions}\`, ${block}`,
    does: "blocks of calls run one upon the other and forgotten, with overrides of block and state; `stateRoot` of such blocks is zero, and precompiles cannot be moved",
  },

  eth_sendRawTransaction: {
    params: "transaction",
    does: "offers a signed transaction (types 0 to 2) and answers its hash",
  },
  eth_gasPrice: { params: "", does: "base fee of the next block plus a tip" },
  eth_baseFee: { params: "", does: "base fee of the next block" },
  eth_fillTransaction: {
    params: "call",
    does: "the call as an unsigned transaction of type 2, with nonce, gas and fees filled in: `{raw, tx}`",
  },
  eth_maxPriorityFeePerGas: { params: "", does: "a tip likely to be enough" },
  eth_feeHistory: { params: "count, newest, percentiles", does: "base fees, fullness and tips of past blocks" },
  eth_blobBaseFee: { params: "", does: "1: blocks carry no blobs" },

  eth_getLogs: { params: "filter", does: "logs by address, topics and range of blocks" },
  eth_newFilter: { params: "filter", does: "id of a filter for logs" },
  eth_newBlockFilter: { params: "", does: "id of a filter for block hashes" },
  eth_newPendingTransactionFilter: { params: "", does: "id of a filter for transactions entering the pool" },
  eth_getFilterChanges: { params: "id", does: "what is new since the last call" },
  eth_getFilterLogs: { params: "id", does: "all logs that match the filter" },
  eth_uninstallFilter: { params: "id", does: "forgets the filter" },
  eth_subscribe: {
    params: "`newHeads`, `logs`, `newPendingTransactions` or `syncing`, options",
    does: "id of a subscription (WebSocket)",
  },
  eth_unsubscribe: { params: "id", does: "ends it (WebSocket)" },

  txpool_status: { params: "", does: "how many transactions are pending and queued" },
  txpool_content: { params: "", does: "the pool by sender and nonce" },
  txpool_contentFrom: { params: "address", does: "one sender's part of it" },
  txpool_inspect: { params: "", does: "the pool in one line per transaction" },

  debug_getRawBlock: { params: block, does: "RLP of the block" },
  debug_getRawHeader: { params: block, does: "RLP of its header" },
  debug_getRawTransaction: {
    params: "hash",
    does: "EIP-2718 bytes of a transaction of the head's branch or of the pool",
  },
  debug_traceTransaction: {
    params: "hash, `{tracer, tracerConfig}`",
    does: "every instruction that it ran; with `callTracer` its calls (`onlyTopCall`, `withLog`), with `prestateTracer` the state it found (`diffMode`: what it changed)",
  },
  debug_traceBlockByNumber: { params: `${block}, options`, does: "the same of every transaction of a block" },
  debug_traceBlockByHash: { params: "hash, options", does: "the same of every transaction of a block" },
  debug_traceBlock: {
    params: "rlp, options",
    does: "the same of a block that is given, on the state after its parent, which the node must have",
  },
  debug_traceCall: {
    params: `call, ${block}, options`,
    does: "the same of a call, with `stateOverrides` among the options",
  },
  debug_getRawReceipts: { params: block, does: "EIP-2718 bytes of its receipts" },

  koma_status: { params: "", does: "heights, finality per threshold, checkpoints, peers and pool of the node" },
  koma_consensus: {
    params: "",
    does: "instance, slot, leader, weights and finality as the node's consensus sees them",
  },
  koma_getUnits: {
    params: '`{"rounds": 4, "limit": 200}`',
    does: "units of the last rounds of the node's state: who cites what, which carry blocks, what each votes for",
  },
  koma_getLeaders: {
    params: "count, 10 by default",
    does: "who leads the next slots while blocks come without a gap, and with which key, as the present era draws them",
  },
  koma_getParticipation: {
    params: "number of an ended era; default: the last one",
    does: "who took part in each of its rounds, as its switch block shows it; the same on every node",
  },
  koma_getEvidence: { params: "", does: "proven faults that the node has stored, with the signed bytes" },
  koma_getOutput: {
    params: "token or null for the native coin, owner",
    does: "the owner's only output that is not spent, as of the head: its id, value, and what made it; null when there is none",
  },
  koma_getTransferChain: {
    params: "token or null, owner, count: 20 by default",
    does: "the owner's last payments, newest first: the output that each spent and made, and whether it follows the one before",
  },
  koma_proveTransferLink: {
    params: "ids of two outputs of one token and owner",
    does: "whether the later one spends the earlier one (`follows`, `breaks` or `apart`), with the proofs of both logs under their checkpoints: what `validateLogContinuity` of the root chain judges",
  },
  koma_sendExpecting: {
    params: "signed transaction, ids of outputs (16 at most)",
    does: "as `eth_sendRawTransaction`, refused when one of the outputs is spent as of the head",
  },
  koma_getPool: {
    params: '`{"sender": "0x…", "limit": 100}`',
    does: "transactions that wait in the node's pool, and the last that it refused or dropped, with the reason",
  },
  koma_getPoolRules: { params: "", does: "rules of the node's pool, and how often each was broken since it started" },
  koma_producerPolicyScore: {
    params: "",
    does: "for each producer of the last 4,096 final blocks since the node started: blocks, transactions, those that this node's pool would have refused (`zeroPayments`, `lowFees`, `duplicates`), and the share of the others",
  },
  koma_getPoolVerdict: {
    params: "hash",
    does: "what became of a transaction: `pending`, `queued`, `included`, `dropped` with rule and reason, or `unknown`",
  },
  koma_getDoubleVotes: {
    params: "",
    does: "votes of one staker for two contents of the same blocks, heard since the node started, as they were signed",
  },
  koma_getDoubleSeals: {
    params: "",
    does: "two headers of one second that a producer sealed, of each who did, heard since the node started",
  },
  koma_getCheckpointLeaves: {
    params: "number of the first and of the last block",
    does: "the leaves that the node signs for them in a checkpoint; null while it does not hold all of the blocks",
  },
  koma_getCheckpointHeaders: {
    params: "number of the first and of the last block",
    does: "RLP of the headers that the node signs for them in a checkpoint; null while it does not hold all of the blocks",
  },
  koma_getConfidence: { params: "hash", does: "how strongly a block is final, and the summit that shows it" },
  koma_subscribe: {
    params: '`finality`, `{"alpha": 0.33, "from": "0x10"}`',
    does: "blocks as they become final at that threshold, whichever it is; with `from` those first that are final already (WebSocket)",
  },
  koma_setFinality: {
    params: "list of shares",
    does: "thresholds that the node watches from now on; for programs on the node's own machine, over HTTP",
  },
  koma_unsubscribe: { params: "id", does: "ends it (WebSocket)" },
};
