/**
 * One JSON-RPC call to the root chain.
 *
 * @throws {EnvironmentError} KOMA_E_ROOTCHAIN_UNREACHABLE
 * @throws {ProtocolError} KOMA_E_ROOTCHAIN_REFUSED
 */
export async function callRootChain(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  signal?: AbortSignal,
): Promise<unknown> {
  // On demand: the module brings ethers along, and most of the CLI does not need either.
  const { createRootRpc } = await import("../../src/rootchain/index.ts");
  return createRootRpc(url).request(method, params, signal);
}
