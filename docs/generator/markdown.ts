/** A page of the reference: its title, what the reader can do with it, and its sections. */
export function page(title: string, purpose: string, source: string, sections: readonly string[]): string {
  const note = `Written by \`npm run docs\` from ${source}; a test compares the two, so change the source.`;
  return `${[`# ${title}`, purpose, note, ...sections].join("\n\n")}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

export function block(lines: readonly string[], language = ""): string {
  return [`\`\`\`${language}`, ...lines, "```"].join("\n");
}

/** A paragraph that was wrapped in its source, on one line; angle brackets are text, not HTML. */
export function prose(text: string): string {
  return text
    .replace(/\s*\n\s*/g, " ")
    .trim()
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;")))
    .join("");
}

// A pipe ends a cell even inside code.
function escapeCell(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("\n", " ");
}
