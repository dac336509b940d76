export { type Cors, corsFor } from "./access.ts";
export {
  type ChainClient,
  type ConfidenceView,
  openChainClient,
  parseBlockSelector,
  type ReceiptView,
  type TransactionRequest,
} from "./chain-client.ts";
export { createRpcServer, type RpcServer, type RpcServerConfig } from "./create-rpc-server.ts";
export { invalidParams, RevertError } from "./json-rpc-error.ts";
export {
  blockToJson,
  headerToJson,
  logToJson,
  placedTransactions,
  quantity,
  receiptToJson,
  transactionToJson,
} from "./json-views.ts";
export { checkRpcLimits, defaultRpcLimits, type RpcLimits } from "./limits.ts";
export { type Metric, type MetricSample, single } from "./metrics.ts";
export type * from "./node-api.ts";
export {
  isAbsent,
  readAddress,
  readArray,
  readBlockNumber,
  readBoolean,
  readData,
  readHash,
  readObject,
  readQuantity,
} from "./params.ts";
export { createRpcClient, type RpcCall, type RpcClient, type RpcClientOptions, type RpcOutcome } from "./rpc-client.ts";
export { RpcError } from "./rpc-error.ts";
export type { RpcSubscription } from "./rpc-socket.ts";
