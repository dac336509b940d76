export type LogLevel = "error" | "warn" | "info" | "debug";

/** Structured facts of one log line; never keys, passwords or signatures' secrets. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** Where shells write what happened. Pure modules do not log: the effect loop logs their effects. */
export interface Logger {
  error(facts: LogFacts, sentence: string): void;
  warn(facts: LogFacts, sentence: string): void;
  info(facts: LogFacts, sentence: string): void;
  debug(facts: LogFacts, sentence: string): void;
  child(facts: LogFacts): Logger;
}

export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLogger,
};
