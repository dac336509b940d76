import { describe, expect, it } from "vitest";
import { readInterface } from "./doc-comments.ts";

const source = `
/** Not this one. */
export interface Other {
  readonly a: string;
}

/**
 * What a ship
 * carries.
 */
export interface Cargo {
  /** Tonnes. */
  readonly weight: bigint;
  readonly owner?: string;
  readonly hold: {
    /** From the bow. */
    readonly number: number;
  };
  /** Where it goes. */
  readonly port: { readonly name: string; readonly depth: number };
}
`;

describe("an interface of a source", () => {
  it("is read with its comments, optional fields and objects in place", () => {
    expect(readInterface(source, "Cargo")).toEqual({
      name: "Cargo",
      text: "What a ship carries.",
      fields: [
        { name: "weight", type: "bigint", optional: false, text: "Tonnes.", fields: [] },
        { name: "owner", type: "string", optional: true, text: "", fields: [] },
        {
          name: "hold",
          type: "object",
          optional: false,
          text: "",
          fields: [{ name: "number", type: "number", optional: false, text: "From the bow.", fields: [] }],
        },
        {
          name: "port",
          type: "object",
          optional: false,
          text: "Where it goes.",
          fields: [
            { name: "name", type: "string", optional: false, text: "", fields: [] },
            { name: "depth", type: "number", optional: false, text: "", fields: [] },
          ],
        },
      ],
    });
  });

  it("without a comment does not get that of the one before", () => {
    expect(readInterface("/** A. */\nexport interface A {\n}\n\nexport interface B {\n}\n", "B").text).toBe("");
  });

  it("that is not there is an error, not an empty page", () => {
    expect(() => readInterface(source, "Ballast")).toThrow("no exported interface Ballast");
  });
});
