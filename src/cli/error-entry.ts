import type { ExitCode } from "./exit-codes.ts";

/** What the table knows about one error code, beside the sentence that comes with the error itself. */
export interface ErrorEntry {
  readonly exit: ExitCode;
  /** What it means in general: for `koma help errors`, and for programs when the error compares no facts of its own. */
  readonly why: string;
  /** Commands or instructions, when the error brings none. */
  readonly fix?: readonly string[];
}
