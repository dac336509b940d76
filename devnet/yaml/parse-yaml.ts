import { readPlain, readQuoted, resolvePlain } from "./scalars.ts";
import { type Place, YamlText } from "./yaml-text.ts";

/** A parsed file, and where each of its keys and items stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** Place of a path such as `nodes[1].count`, else of the nearest one above it; undefined for the file itself. */
  locate(path: string): Place | undefined;
}

/** Far more than a network of the most nodes needs. */
export const MAX_YAML_BYTES = 256 * 1024;
const MAX_DEPTH = 32;

/**
 * Parses one document of YAML 1.2, and so JSON as well. The file comes from anywhere, so what could make it grow, or mean
 * another thing than it shows, is refused: anchors and aliases, tags, merge keys, directives, several documents, repeated
 * keys, tabs as indentation, texts over several lines.
 *
 * @throws {UserError} KOMA_E_NETWORK_INVALID with line and column
 */
export function parseYaml(text: string): YamlDocument {
  const source = new YamlText(text.startsWith("\ufeff") ? text.slice(1) : text);
  if (text.length > MAX_YAML_BYTES) source.fail(`a file of more than ${MAX_YAML_BYTES} characters is not read`);
  const parser = new Parser(source);
  const value = parser.document();
  return {
    value,
    locate: (path) => {
      const steps = path.match(/\[[0-9]+\]|[^.[]+/g) ?? [];
      for (let length = steps.length; length > 0; length--) {
        const above = steps
          .slice(0, length)
          .reduce((sum, step) => (step.startsWith("[") ? sum + step : `${sum}.${step}`));
        const offset = parser.places.get(above);
        if (offset !== undefined) return source.placeOf(offset);
      }
      return undefined;
    },
  };
}

class Parser {
  readonly places = new Map<string, number>();
  readonly #source: YamlText;

  constructor(source: YamlText) {
    this.#source = source;
  }

  document(): unknown {
    const source = this.#source;
    if (source.text.includes("\0")) source.fail("a file with a NUL is not text", source.text.indexOf("\0"));
    let content = source.skipToContent();
    if (content && this.#atMarker("---")) {
      source.at += 3;
      content = source.skipToContent();
    }
    const value = content ? this.#block("", 0) : null;
    if (source.skipToContent()) {
      const marker = this.#atMarker("---") || this.#atMarker("...");
      source.fail(
        marker ? "a file holds one document" : "this does not belong to what is above; is it indented right?",
      );
    }
    return value;
  }

  #atMarker(marker: string): boolean {
    const { text, at } = this.#source;
    return this.#source.column() === 0 && text.startsWith(marker, at) && this.#source.blankAt(3);
  }

  /** A value that begins at the cursor; a list or an object goes on in lines of the same column. */
  #block(path: string, depth: number): unknown {
    const source = this.#source;
    this.#refuseDepth(depth);
    if (source.beginsLine()) source.refuseTabIndentation();
    if (this.#atItem()) return this.#blockList(path, depth);
    if (this.#atKey()) return this.#blockObject(path, depth);
    const value = this.#inline(path, depth, false);
    this.#endLine();
    return value;
  }

  #blockList(path: string, depth: number): unknown[] {
    const source = this.#source;
    const column = source.column();
    const items: unknown[] = [];
    while (this.#atItem() && source.column() === column) {
      source.refuseTabIndentation();
      const itemPath = `${path}[${items.length}]`;
      this.places.set(itemPath, source.at);
      source.at++;
      source.skipBlanks();
      source.skipComment();
      // What begins in the line of the dash is indented by where it begins: "- name: a" is an object with more lines.
      if (!source.atLineEnd()) items.push(this.#block(itemPath, depth + 1));
      else items.push(this.#nested(itemPath, column, depth, false));
      if (!source.skipToContent()) break;
    }
    return items;
  }

  #blockObject(path: string, depth: number): Record<string, unknown> {
    const source = this.#source;
    const column = source.column();
    const fields: Record<string, unknown> = {};
    while (source.column() === column && !this.#atMarker("---") && !this.#atMarker("...")) {
      source.refuseTabIndentation();
      if (!this.#atKey()) source.fail("a key is missing, or the : after it");
      const key = this.#key(path, fields, false);
      source.at++;
      source.skipBlanks();
      source.skipComment();
      if (source.atLineEnd()) set(fields, key.name, this.#nested(key.path, column, depth, true));
      else {
        set(fields, key.name, this.#inline(key.path, depth + 1, false));
        this.#endLine();
      }
      if (!source.skipToContent()) break;
    }
    return fields;
  }

  /** The value below a key or a dash: deeper, or, of a key, a list whose dashes stand under the key. */
  #nested(path: string, column: number, depth: number, ofKey: boolean): unknown {
    const source = this.#source;
    if (!source.skipToContent()) return null;
    const deeper = source.column() > column;
    return deeper || (ofKey && source.column() === column && this.#atItem()) ? this.#block(path, depth + 1) : null;
  }

  /** A text, number or flow collection. */
  #inline(path: string, depth: number, flow: boolean): unknown {
    const source = this.#source;
    const char = source.peek();
    if (char === "[" || char === "{") return this.#flow(path, depth);
    if (char === '"' || char === "'") return readQuoted(source);
    const start = source.at;
    return resolvePlain(source, readPlain(source, flow), start);
  }

  #flow(path: string, depth: number): unknown {
    const source = this.#source;
    this.#refuseDepth(depth);
    const start = source.at;
    const isList = source.peek() === "[";
    const close = isList ? "]" : "}";
    const items: unknown[] = [];
    const fields: Record<string, unknown> = {};
    source.at++;
    for (;;) {
      if (!source.skipToContent()) source.fail(`the ${isList ? "[" : "{"} is not closed`, start);
      if (source.peek() === close) break;
      if (isList) {
        const itemPath = `${path}[${items.length}]`;
        this.places.set(itemPath, source.at);
        items.push(this.#inline(itemPath, depth + 1, true));
      } else this.#flowField(path, fields, depth);
      if (!source.skipToContent()) source.fail(`the ${isList ? "[" : "{"} is not closed`, start);
      if (source.peek() === ",") source.at++;
      else if (source.peek() !== close) source.fail(`a , or ${close} is missing`);
    }
    source.at++;
    return isList ? items : fields;
  }

  #flowField(path: string, fields: Record<string, unknown>, depth: number): void {
    const source = this.#source;
    const key = this.#key(path, fields, true);
    if (source.peek() !== ":") source.fail("a : with a blank after it is missing");
    source.at++;
    source.skipToContent();
    const empty = [",", "}", ""].includes(source.peek());
    set(fields, key.name, empty ? null : this.#inline(key.path, depth + 1, true));
  }

  #key(path: string, fields: Record<string, unknown>, flow: boolean): { name: string; path: string } {
    const source = this.#source;
    const start = source.at;
    const quoted = source.peek() === '"' || source.peek() === "'";
    const name = quoted ? readQuoted(source) : readPlain(source, flow);
    if (flow) source.skipToContent();
    else source.skipBlanks();
    if (name === "<<" && !quoted) source.fail("merge keys are not supported", start);
    if (Object.hasOwn(fields, name)) source.fail(`the key "${name.slice(0, 60)}" stands there twice`, start);
    const keyPath = path === "" ? name : `${path}.${name}`;
    this.places.set(keyPath, start);
    return { name, path: keyPath };
  }

  #atItem(): boolean {
    return this.#source.peek() === "-" && this.#source.blankAt(1) && !this.#atMarker("---");
  }

  /** Looks ahead in the line: a text, and a colon with a blank after it. */
  #atKey(): boolean {
    const source = this.#source;
    const start = source.at;
    if ("[{".includes(source.peek())) return false;
    if (source.peek() === '"' || source.peek() === "'") readQuoted(source);
    else readPlain(source, false);
    source.skipBlanks();
    const found = source.peek() === ":" && source.blankAt(1);
    source.at = start;
    return found;
  }

  #endLine(): void {
    const source = this.#source;
    source.skipBlanks();
    source.skipComment();
    if (!source.atLineEnd()) source.fail("the line goes on where its value has ended; does it need quotes?");
  }

  #refuseDepth(depth: number): void {
    if (depth > MAX_DEPTH) this.#source.fail(`more than ${MAX_DEPTH} levels are not read`);
  }
}

/** Also `__proto__` is a key like any other. */
function set(fields: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(fields, key, { value, enumerable: true, writable: true, configurable: true });
}
