import type { YamlText } from "./yaml-text.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
};
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Characters that begin something else than a plain text; what they would mean is refused, not guessed. */
const REFUSED: Readonly<Record<string, string>> = {
  "&": "anchors are not supported; write the value where it belongs",
  "*": "aliases are not supported; a pattern that begins with * needs quotes",
  "!": "tags are not supported; a text that begins with ! needs quotes",
  "|": "texts of several lines are not supported",
  ">": "texts of several lines are not supported",
  "%": "directives are not supported; a text that begins with % needs quotes",
  "@": "a text that begins with @ needs quotes",
  "`": "a text that begins with ` needs quotes",
};

/** Reads `"…"` or `'…'`, on one line. */
export function readQuoted(source: YamlText): string {
  const start = source.at;
  const quote = source.peek();
  let value = "";
  source.at++;
  for (;;) {
    const char = source.peek();
    if (source.atLineEnd()) source.fail("the quote is not closed on this line", start);
    if (char === quote && quote === "'" && source.peek(1) === "'") {
      value += "'";
      source.at += 2;
    } else if (char === quote) {
      source.at++;
      return value;
    } else if (char === "\\" && quote === '"') {
      value += readEscape(source);
    } else {
      value += char;
      source.at++;
    }
  }
}

function readEscape(source: YamlText): string {
  const letter = source.peek(1);
  const simple = ESCAPES[letter];
  if (simple !== undefined) {
    source.at += 2;
    return simple;
  }
  const digits = HEX_ESCAPES[letter] ?? source.fail("there is no such escape");
  const hex = source.text.slice(source.at + 2, source.at + 2 + digits);
  const code = Number.parseInt(hex, 16);
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex) || code > 0x10_ff_ff) {
    source.fail(`the escape \\${letter} needs ${digits} hex digits of a character`);
  }
  source.at += 2 + digits;
  return String.fromCodePoint(code);
}

/** Reads an unquoted text up to where it ends: a comment, `: `, the line's end, in `[]` and `{}` also their characters. */
export function readPlain(source: YamlText, flow: boolean): string {
  const start = source.at;
  const first = source.peek();
  const refused = REFUSED[first];
  if (refused !== undefined) source.fail(refused);
  if ("?-:".includes(first) && source.blankAt(1)) source.fail(`a ${first} cannot stand here`);
  if (",[]{}#".includes(first)) source.fail(`a ${first} cannot stand here`);
  while (!source.atLineEnd()) {
    const char = source.peek();
    if (flow && ",[]{}".includes(char)) break;
    if (char === ":" && (source.blankAt(1) || (flow && ",[]{}".includes(source.peek(1))))) break;
    if (char === "#" && /\s/.test(source.text[source.at - 1] as string)) break;
    source.at++;
  }
  return source.text.slice(start, source.at).trim();
}

/** What an unquoted text stands for, by the core schema of YAML 1.2: `yes` and `1/3` are texts. */
export function resolvePlain(source: YamlText, text: string, offset: number): unknown {
  if (["", "~", "null", "Null", "NULL"].includes(text)) return null;
  if (["true", "True", "TRUE"].includes(text)) return true;
  if (["false", "False", "FALSE"].includes(text)) return false;
  if (/^[-+]?(\.inf|\.Inf|\.INF)$|^(\.nan|\.NaN|\.NAN)$/.test(text)) source.fail(`${text} is no number here`, offset);
  const integer = /^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(text);
  if (!integer && !/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text)) return text;
  const number = Number(text);
  if (integer ? !Number.isSafeInteger(number) : !Number.isFinite(number)) {
    source.fail("the number is too large to be exact; put it into quotes", offset);
  }
  return number;
}
