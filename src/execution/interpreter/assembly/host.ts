// What the host answers while a frame runs. Words go through KEY and VALUE.

/** Reads the slot KEY into VALUE; 1 where the transaction had not touched it before. */
@external("host", "readSlot")
export declare function readSlot(): u32;

/** Writes VALUE to the slot KEY; what it costs. */
@external("host", "writeSlot")
export declare function writeSlot(): u32;

/** Reads the transient slot KEY into VALUE. */
@external("host", "readTransient")
export declare function readTransient(): void;

/** Writes VALUE to the transient slot KEY. */
@external("host", "writeTransient")
export declare function writeTransient(): void;

/** Balance of the account KEY into VALUE; 1 where the transaction had not touched the account before. */
@external("host", "readBalance")
export declare function readBalance(): u32;

/** Balance of the running account into VALUE. */
@external("host", "readOwnBalance")
export declare function readOwnBalance(): void;

/** Hash of the code of the account KEY into VALUE, zero for an empty account; 1 where the account had not been touched before. */
@external("host", "readCodeHash")
export declare function readCodeHash(): u32;

/** 1 where the transaction had not touched the account KEY before; from now on it has. */
@external("host", "touchAccount")
export declare function touchAccount(): u32;

/** Length of the code of the account KEY. */
@external("host", "codeLength")
export declare function codeLength(): u32;

/** Copies code of the account KEY, and zeros beyond its end. */
@external("host", "copyCode")
export declare function copyCode(to: u32, offset: u32, length: u32): void;

/** Hash of block `number` into VALUE, if it is one of the last 256. */
@external("host", "readBlockHash")
export declare function readBlockHash(number: u64): void;

/** A log of the running account with topics from KEY on. */
@external("host", "log")
export declare function log(data: u32, length: u32, topics: u32): void;
