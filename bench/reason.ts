/** Why something failed, in one line: what npm says below its command where it was npm. */
export function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  const said = lines.find((line) => /^npm error (?!code )\S+ .*(?:failed|not found|reason)/i.test(line));
  return said === undefined ? (lines[0] as string) : `${lines[0]}: ${said}`;
}
