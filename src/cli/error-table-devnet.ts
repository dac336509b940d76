import type { ErrorEntry } from "./error-entry.ts";
import { exitCodes as exit } from "./exit-codes.ts";

/** Errors of the command line, keys and devnets. */
export const devnetErrors: Readonly<Record<string, ErrorEntry>> = {
  // --- usage
  KOMA_E_USAGE: { exit: exit.usage, why: "The command line is not understood.", fix: ["koma --help"] },
  KOMA_E_COMMAND_UNKNOWN: { exit: exit.usage, why: "koma has no such command.", fix: ["koma --help"] },
  KOMA_E_FLAG_UNKNOWN: { exit: exit.usage, why: "The command has no such flag." },
  KOMA_E_ARGUMENT_INVALID: { exit: exit.usage, why: "An argument or the value of a flag is not allowed." },
  KOMA_E_AMOUNT_MALFORMED: { exit: exit.usage, why: "An amount is a number of whole tokens, or a number with a unit." },
  KOMA_E_DURATION_MALFORMED: { exit: exit.usage, why: "A duration is a number with ms, s, m, h or d." },
  KOMA_E_HASH_MALFORMED: { exit: exit.usage, why: "A hash is 0x and 64 hex digits." },
  KOMA_E_ADDRESS_MALFORMED: { exit: exit.usage, why: "An address is 0x and 40 hex digits." },
  KOMA_E_HEX_MALFORMED: { exit: exit.usage, why: "Hex data is 0x and an even number of hex digits." },
  KOMA_E_PATH_MALFORMED: { exit: exit.usage, why: "A derivation path looks like m/44'/60'/0'/0/0." },
  KOMA_E_MNEMONIC_MALFORMED: { exit: exit.usage, why: "The words are not a BIP-39 mnemonic." },
  KOMA_E_PRIVATE_KEY_MALFORMED: { exit: exit.usage, why: "A private key is 64 hex digits." },
  KOMA_E_KEY_NAME_INVALID: { exit: exit.usage, why: "Names of keys are short lower-case words." },
  KOMA_E_NETWORK_INVALID: { exit: exit.usage, why: "The network that was asked for breaks a rule." },
  KOMA_E_NETWORK_AMBIGUOUS: { exit: exit.usage, why: "More than one devnet is running.", fix: ["koma devnet list"] },
  KOMA_E_SETTINGS_INVALID: { exit: exit.usage, why: "A settings file holds something koma does not know." },
  KOMA_E_GENESIS_INVALID: { exit: exit.usage, why: "The genesis file breaks a rule." },
  KOMA_E_NODE_CONFIG_INVALID: { exit: exit.usage, why: "The node's config.json breaks a rule." },
  KOMA_E_KEYSTORE_MALFORMED: { exit: exit.usage, why: "The file is not a keystore that koma can read." },
  KOMA_E_FILE_TOO_LARGE: { exit: exit.usage, why: "A file is larger than what koma reads of its kind." },
  KOMA_E_SCRIPT_INVALID: {
    exit: exit.usage,
    why: "The file is not a DAG script; the JSON pointer says which part.",
  },
  // --- not found
  KOMA_E_DEVNET_NOT_FOUND: { exit: exit.notFound, why: "No devnet of that name exists here.", fix: ["koma devnet up"] },
  KOMA_E_NODE_NOT_FOUND: { exit: exit.notFound, why: "The devnet has no such node.", fix: ["koma devnet status"] },
  KOMA_E_CHAIN_NOT_FOUND: { exit: exit.notFound, why: "The devnet has no such chain.", fix: ["koma devnet status"] },
  KOMA_E_KEY_NOT_FOUND: { exit: exit.notFound, why: "There is no key of that name.", fix: ["koma keys list"] },
  KOMA_E_FAULT_NOT_FOUND: { exit: exit.notFound, why: "No active fault has that handle." },
  KOMA_E_CONTRACT_NOT_FOUND: { exit: exit.notFound, why: "The network has no contract of that name." },
  // --- timeout
  KOMA_E_TIMEOUT: { exit: exit.timeout, why: "What was waited for did not happen in time." },
  // --- conflict
  KOMA_E_DEVNET_DIFFERS: { exit: exit.conflict, why: "A devnet of that name exists with another plan." },
  KOMA_E_DEVNET_BUSY: { exit: exit.conflict, why: "Another koma is working on this devnet." },
  KOMA_E_PORT_TAKEN: { exit: exit.conflict, why: "A port is in use by another program." },
  KOMA_E_NODE_STATE: { exit: exit.conflict, why: "The node is in a state in which this makes no sense." },
  KOMA_E_KEY_EXISTS: { exit: exit.conflict, why: "koma never overwrites a key." },
  KOMA_E_NOT_A_DEVNET: { exit: exit.conflict, why: "Faults are for devnets only." },
  KOMA_E_FAULT_EXISTS: {
    exit: exit.conflict,
    why: "An active fault has that handle.",
    fix: ["koma devnet fault list"],
  },
  KOMA_E_JOURNAL_BROKEN: { exit: exit.failed, why: "The devnet's journal is not what was written." },
  // --- rejected
  KOMA_E_PASSWORD_WRONG: { exit: exit.rejected, why: "The password does not open the keystore." },
  KOMA_E_BEHAVIOUR_REFUSED: { exit: exit.rejected, why: "The node does not know that behaviour, or cannot do it." },
  // --- missing
  KOMA_E_ANVIL_MISSING: {
    exit: exit.missing,
    why: "The root chain of a devnet is anvil, and its binary for this platform is not installed.",
    fix: ["npm ci", "koma devnet up --l1 http://127.0.0.1:8545"],
  },
  KOMA_E_BUILD_MISSING: { exit: exit.missing, why: "koma runs what the build wrote.", fix: ["npm run build"] },
  KOMA_E_KEY_FILE_UNREADABLE: { exit: exit.missing, why: "The file of a key cannot be read." },
  KOMA_E_FILE_UNREADABLE: { exit: exit.missing, why: "A file cannot be read." },
  // --- input needed
  KOMA_E_INPUT_NEEDED: { exit: exit.inputNeeded, why: "koma would have asked, but nobody is there to answer." },
  // --- unreachable
  KOMA_E_DEVNET_STOPPED: {
    exit: exit.unreachable,
    why: "The devnet exists but does not run.",
    fix: ["koma devnet up"],
  },
  KOMA_E_SUPERVISOR_UNREACHABLE: { exit: exit.unreachable, why: "The devnet's supervisor does not answer." },
  KOMA_E_ROOTCHAIN_UNREACHABLE: { exit: exit.unreachable, why: "The root chain does not answer." },
  KOMA_E_RPC_UNREACHABLE: { exit: exit.unreachable, why: "The node's JSON-RPC endpoint does not answer." },
  // --- failed
  KOMA_E_DEVNET_START: { exit: exit.failed, why: "The devnet could not be prepared or started." },
  KOMA_E_NODE_START: { exit: exit.failed, why: "A node ended before it was ready." },
  KOMA_E_ROOTCHAIN_START: { exit: exit.failed, why: "The root chain ended before it answered." },
  KOMA_E_MANIFEST_INVALID: {
    exit: exit.failed,
    why: "A file of the devnet is damaged.",
    fix: ["koma devnet up --fresh"],
  },
  KOMA_E_UNEXPECTED: { exit: exit.failed, why: "The system refused something koma needs." },
  KOMA_E_DECLINED: { exit: exit.failed, why: "The person said no." },
  // --- interrupted, bug
  KOMA_E_INTERRUPTED: { exit: exit.interrupted, why: "Somebody stopped koma." },
  KOMA_E_BUG: { exit: exit.bug, why: "This is a defect of koma, not of what you did." },
};
