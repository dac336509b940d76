/** Most gas one transaction may ask for (EIP-7825's bound, taken over as a block-validity rule). */
export const maxTransactionGas = 1n << 24n;

/** Most bytes of calldata or initcode one transaction may carry: a block-validity rule of the chain. */
export const maxTransactionData = 128 * 1024;

/** Most bytes of initcode (EIP-3860): twice the greatest contract of EIP-170. */
export const maxInitcode = 2 * 24_576;

/**
 * Most bytes of one encoded transaction. {@link maxTransactionData} plus what an access list can hold at 1900 gas for a
 * key of 33 bytes under {@link maxTransactionGas}, rounded up: checked before anything is parsed.
 */
export const maxTransactionBytes = 512 * 1024;

/** Most bytes of one encoded block: what 30 million gas buy at 4 gas for a zero byte, rounded up. */
export const maxBlockBytes = 8 * 1024 * 1024;

/** Most bytes of one encoded header; a Cancun header with a full `extraData` has about 700. */
export const maxHeaderBytes = 2048;

/** Bytes of `extraData` before the seal. */
export const maxFreeExtraData = 32;

/** Bytes of the producer's signature at the end of `extraData`. */
export const sealBytes = 65;
