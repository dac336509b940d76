import type { Prng } from "../../support/prng.ts";

/** Puts something wrong at one place of a JSON document. */
export function damageJson(text: string, prng: Prng): string {
  const hostile = [
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    "",
    "0x",
    `0x${"f".repeat(66)}`,
    "9".repeat(400),
    [],
    {},
    { "": 1 },
    [[]],
  ];
  const json = JSON.parse(text) as unknown;
  let place = json as Record<string, unknown>;
  for (;;) {
    const key = prng.pick(Object.keys(place)) as string;
    const next = place[key];
    const inner = typeof next === "object" && next !== null && Object.keys(next).length > 0;
    if (inner && prng.next() < 0.8) {
      place = next as Record<string, unknown>;
      continue;
    }
    if (prng.next() < 0.15) delete place[key];
    else place[key] = prng.pick(hostile);
    return JSON.stringify(json);
  }
}

/** Cuts, repeats or changes some of the text. */
export function damageText(text: string, prng: Prng): string {
  const at = prng.between(0, text.length);
  const to = Math.min(text.length, at + prng.between(1, 20));
  const kind = prng.between(0, 3);
  if (kind === 0) return text.slice(0, at);
  if (kind === 1) return text.slice(0, at) + text.slice(to);
  if (kind === 2) return text.slice(0, at) + text.slice(at, to).repeat(3) + text.slice(to);
  return text.slice(0, at) + String.fromCharCode(prng.between(0, 255)) + text.slice(at + 1);
}
