/** A field of an interface, with the text of its doc comment. */
export interface DocumentedField {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly text: string;
  /** Fields of an object type written in place. */
  readonly fields: readonly DocumentedField[];
}

export interface DocumentedInterface {
  readonly name: string;
  readonly text: string;
  readonly fields: readonly DocumentedField[];
}

/**
 * Reads one exported interface of a TypeScript source, in the form our formatter gives it: a field on a line of its own, its doc
 * comment above. Enough for configuration files; it is no parser of TypeScript.
 *
 * @throws {Error} when the source has no such interface, or a line in it is not understood
 */
export function readInterface(source: string, name: string): DocumentedInterface {
  const lines = source.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`export interface ${name} {`));
  if (start === -1) throw new Error(`there is no exported interface ${name}`);
  const reader = new FieldReader(lines, start + 1);
  return { name, text: commentAbove(lines, start), fields: reader.readUntilClosed() };
}

class FieldReader {
  readonly #lines: readonly string[];
  #at: number;

  constructor(lines: readonly string[], at: number) {
    this.#lines = lines;
    this.#at = at;
  }

  readUntilClosed(): readonly DocumentedField[] {
    const fields: DocumentedField[] = [];
    let text = "";
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = (this.#lines[this.#at] ?? "").trim();
      if (line === "}" || line === "};") return fields;
      if (line === "") continue;
      if (line.startsWith("/**")) {
        text = this.#readComment();
        continue;
      }
      fields.push(this.#readField(line, text));
      text = "";
    }
    throw new Error("an interface does not end");
  }

  #readComment(): string {
    const parts: string[] = [];
    for (; ; this.#at++) {
      const line = (this.#lines[this.#at] ?? "").trim();
      parts.push(
        line
          .replace(/^\/?\*+\/?/, "")
          .replace(/\*\/$/, "")
          .trim(),
      );
      if (line.endsWith("*/")) return parts.join(" ").trim();
    }
  }

  #readField(line: string, text: string): DocumentedField {
    const match = /^readonly (\w+)(\?)?: (.+)$/.exec(line);
    if (!match) throw new Error(`not the line of a field: ${line}`);
    const [, name = "", mark, rest = ""] = match;
    const field = { name, optional: mark === "?", text };
    if (rest === "{") {
      this.#at++;
      return { ...field, type: "object", fields: this.readUntilClosed() };
    }
    const inline = /^\{ (.+) \};$/.exec(rest);
    if (inline) {
      const fields = (inline[1] ?? "").split("; ").map((part) => this.#readField(`${part.trim()};`, ""));
      return { ...field, type: "object", fields };
    }
    return { ...field, type: rest.replace(/;$/, ""), fields: [] };
  }
}

/** "" unless a comment ends in the line right above. */
function commentAbove(lines: readonly string[], at: number): string {
  if (!(lines[at - 1] ?? "").trim().endsWith("*/")) return "";
  let from = at - 1;
  while (from >= 0 && !(lines[from] ?? "").startsWith("/**")) from--;
  return lines
    .slice(from, at)
    .map((line) =>
      line
        .replace(/^\s*\/?\*+\/?/, "")
        .replace(/\*\/$/, "")
        .trim(),
    )
    .join(" ")
    .trim();
}
