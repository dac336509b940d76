import type { ErrorEntry } from "./error-entry.ts";
import { chainErrors } from "./error-table-chain.ts";
import { devnetErrors } from "./error-table-devnet.ts";
import { rootChainErrors } from "./error-table-rootchain.ts";

/** The one table from error code to exit status, meaning and remedy. Codes are a promise; wording is not. */
export const errorTable: Readonly<Record<string, ErrorEntry>> = { ...devnetErrors, ...rootChainErrors, ...chainErrors };
