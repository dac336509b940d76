import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EnvironmentError, UserError } from "../errors.ts";

/** Something that must not happen by accident. */
export interface Question {
  /** "Remove the devnet demo and all its data?" */
  readonly message: string;
  /** The flag that answers it without asking. */
  readonly flag: string;
}

/** Something only the person knows, such as a password. */
export interface SecretQuestion {
  readonly message: string;
  /** Flag whose value is a file with the secret, or `-` for standard input. */
  readonly flag: string;
  /** Value of that flag. */
  readonly file?: string | undefined;
  /** Ask twice: a new password with a slip would lock its owner out. */
  readonly twice?: boolean;
}

/** Prompts need a person at both ends, and permission. */
export function canAsk(input: boolean): boolean {
  const ci = process.env["CI"];
  return input && process.stdin.isTTY === true && process.stderr.isTTY === true && (ci === undefined || ci === "");
}

/** @throws {UserError} KOMA_E_INPUT_NEEDED without a terminal, KOMA_E_DECLINED when the answer is no */
export async function askConfirmation(question: Question, allowed: boolean, signal: AbortSignal): Promise<void> {
  if (!canAsk(allowed)) throw inputNeeded(question.message, question.flag);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question.message} [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new UserError("KOMA_E_DECLINED", "Nothing was done: the answer was no.");
}

/** @throws {UserError} KOMA_E_INPUT_NEEDED, KOMA_E_ARGUMENT_INVALID for an empty secret or two that differ */
export async function askSecret(question: SecretQuestion, allowed: boolean, signal: AbortSignal): Promise<string> {
  if (question.file !== undefined) return readSecret(question.file);
  if (!canAsk(allowed)) throw inputNeeded(question.message, question.flag);
  const secret = await readHidden(`${question.message}: `, signal);
  if (secret === "") throw new UserError("KOMA_E_ARGUMENT_INVALID", "An empty password protects nothing.");
  if (question.twice && (await readHidden("Once more: ", signal)) !== secret) {
    throw new UserError("KOMA_E_ARGUMENT_INVALID", "The two passwords differ.");
  }
  return secret;
}

/** First line of a file, or of standard input for `-`. */
export async function readSecret(file: string): Promise<string> {
  const text = file === "-" ? await readStdin() : await readTextFile(file);
  const secret = text.split(/\r?\n/, 1)[0] ?? "";
  if (secret === "")
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `${file === "-" ? "Standard input" : file} is empty.`);
  return secret;
}

export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${file} cannot be read.`, { cause, facts: { path: file } });
  }
}

export async function readStdin(): Promise<string> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) text += chunk as string;
  return text;
}

async function readHidden(message: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(message);
  // readline echoes through its output: one that drops everything hides what is typed.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await prompt.question("", { signal });
  } finally {
    prompt.close();
    process.stderr.write("\n");
  }
}

function inputNeeded(message: string, flag: string): UserError {
  return new UserError("KOMA_E_INPUT_NEEDED", `koma would ask: ${message}`, {
    facts: { why: "There is no terminal, or --no-input is set.", flag },
    fix: [`Answer with ${flag}.`],
  });
}
