export {
  changeBetween,
  changeDigest,
  type RootSetCertificate,
  type RootSetChange,
  type RootView,
  recordCalldata,
  recordGas,
  rootInfoAddress,
} from "./change.ts";
export { createRootSetService, LOOK_EVERY_BLOCKS, type RootSetConfig, type RootSetService } from "./service.ts";
