export { type Challenge, craftChallenge } from "./evidence.ts";
export { type Fault, findFaults, type Position, type ScannedCheckpoint, type ScanRules } from "./find-faults.ts";
export { type FraudKind, fraudKindOf, fraudKinds, type OffenceClass } from "./kinds.ts";
export { type ProofFile, parseChallenge, serializeChallenge } from "./proof-file.ts";
export { describeFault, scanCheckpoint } from "./scan.ts";
