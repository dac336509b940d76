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
export {
  type EraWork,
  eraWorkOf,
  producerStatsAddress,
  type SignerWork,
  type WorkCertificate,
  workCalldata,
  workGas,
} from "./era-work.ts";
export {
  createRootSetService,
  LOOK_EVERY_BLOCKS,
  type RootSetConfig,
  type RootSetService,
  type WorkRecorded,
} from "./service.ts";
