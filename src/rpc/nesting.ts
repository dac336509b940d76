const quote = 0x22;
const backslash = 0x5c;
const [openArray, openObject, closeArray, closeObject] = [0x5b, 0x7b, 0x5d, 0x7d];

/**
 * Whether arrays and objects of a JSON text nest deeper than `max`. Told before it is parsed, so that nothing that walks
 * the value can be led into endless depth. For a text that is not JSON any answer is right.
 */
export function nestsDeeperThan(text: string, max: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === openArray || code === openObject) {
      depth++;
      if (depth > max) return true;
    } else if (code === closeArray || code === closeObject) {
      depth--;
    }
  }
  return false;
}

/** Position of the quote that ends the string beginning at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}
