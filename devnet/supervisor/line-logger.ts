import type { LogFacts, Logger, LogLevel } from "../../src/logger.ts";

/** JSON lines to a stream; the supervisor's standard error is its log file. */
export function createLineLogger(stream: NodeJS.WritableStream, facts: LogFacts = {}): Logger {
  const write = (level: LogLevel, own: LogFacts, msg: string): void => {
    stream.write(`${JSON.stringify({ ts: new Date().toISOString(), level, msg, fields: { ...facts, ...own } })}\n`);
  };
  return {
    error: (own, sentence) => write("error", own, sentence),
    warn: (own, sentence) => write("warn", own, sentence),
    info: (own, sentence) => write("info", own, sentence),
    debug: (own, sentence) => write("debug", own, sentence),
    child: (own) => createLineLogger(stream, { ...facts, ...own }),
  };
}
