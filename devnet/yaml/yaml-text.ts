import { UserError } from "../../src/errors.ts";

/** A place in a text, both counted from 1 as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A text with a cursor, and errors that know where they are. */
export class YamlText {
  readonly text: string;
  at = 0;
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    this.text = text;
    const starts = [0];
    for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) starts.push(index + 1);
    this.#lineStarts = starts;
  }

  /** The character under the cursor, or after it; "" at the end. */
  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? "";
  }

  /** True at the end of a line or of the text. */
  atLineEnd(): boolean {
    const char = this.peek();
    return char === "" || char === "\n" || (char === "\r" && this.peek(1) === "\n");
  }

  /** True when a blank, a line end or the end of the text is `ahead` of the cursor. */
  blankAt(ahead: number): boolean {
    const char = this.peek(ahead);
    return char === "" || char === " " || char === "\t" || char === "\n" || char === "\r";
  }

  skipBlanks(): void {
    while (this.peek() === " " || this.peek() === "\t") this.at++;
  }

  /** Goes to the end of the line if the cursor is at a comment: a # at a line's begin or after a blank. */
  skipComment(): void {
    const before = this.at === 0 ? "\n" : (this.text[this.at - 1] as string);
    if (this.peek() === "#" && /\s/.test(before)) while (!this.atLineEnd()) this.at++;
  }

  /** Goes over blanks, comments and line ends to what comes next; false at the end of the text. */
  skipToContent(): boolean {
    for (;;) {
      this.skipBlanks();
      this.skipComment();
      if (this.peek() === "") return false;
      if (!this.atLineEnd()) return true;
      this.at += this.peek() === "\r" ? 2 : 1;
    }
  }

  /** Columns before the cursor in its line. */
  column(): number {
    return this.at - this.#lineStart(this.at);
  }

  /** True when only blanks stand before the cursor in its line. */
  beginsLine(): boolean {
    return this.text.slice(this.#lineStart(this.at), this.at).trim() === "";
  }

  /** A tab has no width that writer and reader agree on. */
  refuseTabIndentation(): void {
    const start = this.#lineStart(this.at);
    const tab = this.text.slice(start, this.at).indexOf("\t");
    if (tab !== -1) this.fail("a tab cannot indent; use spaces", start + tab);
  }

  placeOf(offset: number): Place {
    let [low, high] = [0, this.#lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] as number) + 1 };
  }

  /** @throws {UserError} KOMA_E_NETWORK_INVALID with line and column */
  fail(what: string, offset = this.at): never {
    const { line, column } = this.placeOf(offset);
    throw new UserError("KOMA_E_NETWORK_INVALID", `Line ${line}, column ${column}: ${what}.`, {
      facts: { line, column },
    });
  }

  #lineStart(offset: number): number {
    return this.#lineStarts[this.placeOf(offset).line - 1] as number;
  }
}
