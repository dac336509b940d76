import { Flags } from "@oclif/core";
import { parseDuration } from "./duration.ts";

/** A flag that takes `20s`, `5m` …; its value is milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: "DURATION",
  parse: async (text) => parseDuration(text),
});

const GLOBAL = "GLOBAL";

/** Flags of every command, each with its KOMA_ variable. */
export const globalFlags = {
  network: Flags.string({
    char: "n",
    summary: "Devnet to talk to; default: the only one that runs, else `default`.",
    env: "KOMA_NETWORK",
    helpGroup: GLOBAL,
    helpValue: "NAME",
  }),
  chain: Flags.string({
    summary: "Chain of that network, by id or name; default: the first.",
    env: "KOMA_CHAIN",
    helpGroup: GLOBAL,
    helpValue: "ID|NAME",
  }),
  json: Flags.boolean({
    char: "j",
    summary: "Print one JSON document on stdout and nothing else.",
    env: "KOMA_JSON",
    helpGroup: GLOBAL,
  }),
  quiet: Flags.boolean({
    char: "q",
    summary: "Print results only, no progress.",
    env: "KOMA_QUIET",
    helpGroup: GLOBAL,
  }),
  verbose: Flags.boolean({
    char: "v",
    summary: "Tell more, for errors also where they come from.",
    env: "KOMA_VERBOSE",
    helpGroup: GLOBAL,
  }),
  "no-color": Flags.boolean({ summary: "Print without colours.", env: "KOMA_NO_COLOR", helpGroup: GLOBAL }),
  "no-input": Flags.boolean({
    summary: "Never ask; fail with exit code 9 instead.",
    env: "KOMA_NO_INPUT",
    helpGroup: GLOBAL,
  }),
  yes: Flags.boolean({
    char: "y",
    summary: "Confirm everything that would be asked.",
    env: "KOMA_YES",
    helpGroup: GLOBAL,
  }),
  timeout: durationFlag({
    summary: "Give up after this time, with exit code 4.",
    env: "KOMA_TIMEOUT",
    helpGroup: GLOBAL,
  }),
  home: Flags.string({
    summary: "Folder of keys and devnets; default: ~/.local/share/koma.",
    env: "KOMA_HOME",
    helpGroup: GLOBAL,
    helpValue: "DIR",
  }),
  config: Flags.string({
    summary: "Settings file instead of .koma/config.json.",
    env: "KOMA_CONFIG",
    helpGroup: GLOBAL,
    helpValue: "FILE",
  }),
};
