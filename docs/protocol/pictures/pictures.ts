import { drawEquivocation, equivocationAlt } from "./equivocation.ts";
import { drawEra, eraAlt } from "./era.ts";
import { drawForkChoice, forkChoiceAlt } from "./fork-choice.ts";
import { drawPanorama, panoramaAlt } from "./panorama.ts";
import { drawRound, roundAlt } from "./round.ts";
import { drawSummit, summitAlt } from "./summit.ts";

/** Every picture of the page about consensus; `node docs/protocol/pictures/draw.ts` writes the files. */
export const pictures: readonly { readonly file: string; readonly alt: string; readonly draw: () => string }[] = [
  { file: "round.svg", alt: roundAlt, draw: drawRound },
  { file: "panorama.svg", alt: panoramaAlt, draw: drawPanorama },
  { file: "fork-choice.svg", alt: forkChoiceAlt, draw: drawForkChoice },
  { file: "summit.svg", alt: summitAlt, draw: drawSummit },
  { file: "equivocation.svg", alt: equivocationAlt, draw: drawEquivocation },
  { file: "era.svg", alt: eraAlt, draw: drawEra },
];
