/** Environment of a devnet's processes: the caller's, without KOMA_ settings that were meant for the caller's command. */
export function childEnvironment(dir: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("KOMA_") && key !== "NODE_OPTIONS");
  return { ...Object.fromEntries(inherited), KOMA_DEVNET: dir };
}
