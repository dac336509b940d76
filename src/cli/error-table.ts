import { chainErrors } from "./error-table-chain.ts";
import { devnetErrors } from "./error-table-devnet.ts";
import { rootChainErrors } from "./error-table-rootchain.ts";
import type { ExitCode } from "./exit-codes.ts";

/** What the table knows about one error code, beside the sentence that comes with the error itself. */
export interface ErrorEntry {
  readonly exit: ExitCode;
  /** What it means in general: for `koma help errors`, and for programs when the error compares no facts of its own. */
  readonly why: string;
  /** Commands or instructions, when the error brings none. */
  readonly fix?: readonly string[];
}

/** The one table from error code to exit status, meaning and remedy. Codes are a promise; wording is not. */
export const errorTable: Readonly<Record<string, ErrorEntry>> = { ...devnetErrors, ...rootChainErrors, ...chainErrors };
