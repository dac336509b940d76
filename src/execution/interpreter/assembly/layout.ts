// Where things are in the interpreter's linear memory. Everything but the EVM's own memory has a place of its own: pages that
// nobody has touched cost nothing.

/** One word of the EVM: four limbs of 64 bits, the least significant first. */
export const WORD: u32 = 32;

/** What the interpreter and its host tell each other, see the fields below. */
const EXCHANGE: u32 = 0x1000;

/** A word in big-endian order: a slot's key, an address, a topic. The first of up to five. */
export const KEY: u32 = EXCHANGE;
/** A word in big-endian order: a slot's or an account's value. */
export const VALUE: u32 = EXCHANGE + 0xa0;
/** Both as words of the EVM: whom a call goes to, and what it carries. */
export const CALL_ADDRESS: u32 = EXCHANGE + 0xc0;
export const CALL_VALUE: u32 = EXCHANGE + 0xe0;
/** Gas that a call asks for; u64. */
export const CALL_GAS: u32 = EXCHANGE + 0x100;
/** Instruction that ended a run and the regions it named; u32 each. The output's region is also what RETURN and REVERT give back. */
export const CALL_KIND: u32 = EXCHANGE + 0x108;
export const INPUT_AT: u32 = EXCHANGE + 0x10c;
export const INPUT_LENGTH: u32 = EXCHANGE + 0x110;
export const OUTPUT_AT: u32 = EXCHANGE + 0x114;
export const OUTPUT_LENGTH: u32 = EXCHANGE + 0x118;
/** Bytes that the last call of the running frame gave back; u32. */
export const RETURNED_LENGTH: u32 = EXCHANGE + 0x11c;

/** Words of the transaction and its block, one after the other. */
export const ENVIRONMENT: u32 = EXCHANGE + 0x200;
export const ORIGIN: u32 = ENVIRONMENT;
export const GAS_PRICE: u32 = ENVIRONMENT + WORD;
export const COINBASE: u32 = ENVIRONMENT + 2 * WORD;
export const TIMESTAMP: u32 = ENVIRONMENT + 3 * WORD;
export const NUMBER: u32 = ENVIRONMENT + 4 * WORD;
export const PREV_RANDAO: u32 = ENVIRONMENT + 5 * WORD;
export const GAS_LIMIT: u32 = ENVIRONMENT + 6 * WORD;
export const CHAIN_ID: u32 = ENVIRONMENT + 7 * WORD;
export const BASE_FEE: u32 = ENVIRONMENT + 8 * WORD;
export const BLOB_BASE_FEE: u32 = ENVIRONMENT + 9 * WORD;

/** Room of functions that calculate: no more than one of them runs at a time. */
export const SCRATCH: u32 = 0x2000;

/** Eight bytes for each of the 256 instructions, see instructions.ts. */
export const INSTRUCTIONS: u32 = 0x4000;

/** The frames of a transaction, outermost first. */
export const FRAMES: u32 = 0x10000;
export const FRAME_SIZE: u32 = 0xa0;
export const MAX_FRAMES: u32 = 1025;

// Fields of a frame.
/** i64. */
export const GAS: u32 = 0;
/** Addresses in linear memory and lengths, u32 each. */
export const PC: u32 = 8;
/** Above the topmost word. */
export const TOP: u32 = 12;
export const STACK: u32 = 16;
export const MEMORY: u32 = 20;
export const MEMORY_SIZE: u32 = 24;
export const CODE: u32 = 28;
export const CODE_LENGTH: u32 = 32;
/** A bit for each byte of code: whether it is a JUMPDEST. */
export const JUMPS: u32 = 36;
export const INPUT: u32 = 40;
export const INPUT_SIZE: u32 = 44;
/** 1 where nothing may be changed. */
export const STATIC: u32 = 48;
/** Words. */
export const ADDRESS: u32 = 64;
export const CALLER: u32 = 96;
export const CALL_WORD: u32 = 128;

/** Code with its jump destinations; the host deals out the room. */
export const CODES: u32 = 0x100000;
export const CODES_END: u32 = 0x1100000;

/** What the last call gave back. */
export const RETURNED: u32 = CODES_END;
export const RETURNED_ROOM: u32 = 0x2000000;

/** Stacks of all frames, each beginning where its caller's ends. */
export const STACKS: u32 = RETURNED + RETURNED_ROOM;
export const STACKS_ROOM: u32 = MAX_FRAMES * 1024 * WORD;

/** Memories of all frames, each beginning where its caller's ends. */
export const MEMORIES: u32 = STACKS + STACKS_ROOM;
