import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pictures } from "./pictures.ts";

for (const { file, draw } of pictures) writeFileSync(fileURLToPath(new URL(file, import.meta.url)), draw());
