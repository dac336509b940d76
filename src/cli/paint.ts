import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colours text for one stream, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

export const plainPaint: Paint = (_, text) => text;

/** Off for anything but a terminal, with NO_COLOR, TERM=dumb, or when the person asked for none. */
export function paintFor(stream: { readonly isTTY?: boolean }, allowed: boolean): Paint {
  const { NO_COLOR, TERM } = process.env;
  if (!allowed || stream.isTTY !== true || (NO_COLOR !== undefined && NO_COLOR !== "") || TERM === "dumb") {
    return plainPaint;
  }
  return (style, text) => styleText(style, text, { validateStream: false });
}
