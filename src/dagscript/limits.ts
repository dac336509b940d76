/** A script in bytes, at most: reading one must not cost more than looking at it. */
export const MAX_SCRIPT_BYTES = 4 * 1024 * 1024;
export const MAX_STEPS = 20_000;
export const MAX_VALIDATORS = 150;
export const MAX_DETECTORS = 64;
/** Sum of all weights: up to here the arithmetic of summits is exact (KoMaBFT spec 2, weights). */
export const MAX_TOTAL_WEIGHT = 2 ** 32;
