import { Box, render, Text } from "ink";
import type { DevnetReport } from "../report.ts";

/** A devnet at a glance; a function of its report. */
export function Dashboard({ report }: { readonly report: DevnetReport }) {
  const { name, status, chains, nodes, l1, faults, troubles } = report;
  return (
    <Box flexDirection="column">
      <Text>
        <Text bold>{name}</Text> <Text color={status === "ready" ? "green" : "yellow"}>{status}</Text>
        {`   root chain ${l1.chainId} block ${l1.height}`}
      </Text>
      {chains.map((chain) => (
        <Text key={chain.id}>
          {`chain ${chain.id} ${chain.name}: final ${chain.finalized}, head ${chain.height}`}
          {chain.producer === "" ? "" : `, last by ${chain.producer}`}
          {chain.checkpoint ? `, checkpoint ${chain.checkpoint.number} ${chain.checkpoint.state}` : ""}
        </Text>
      ))}
      <Box flexDirection="column" marginTop={1}>
        {nodes.map((node) => (
          <NodeRow key={node.name} node={node} />
        ))}
      </Box>
      {faults.map((fault) => (
        <Text
          key={fault.handle}
          color="magenta"
        >{`fault ${fault.handle}: ${fault.kind} by ${fault.nodes.join(", ")}`}</Text>
      ))}
      {troubles.map((trouble) => (
        <Text key={trouble} color="yellow">{`! ${trouble}`}</Text>
      ))}
    </Box>
  );
}

export function NodeRow({ node }: { readonly node: DevnetReport["nodes"][number] }) {
  const color =
    node.state === "ready" ? "green" : node.state === "crashed" || node.state === "killed" ? "red" : "yellow";
  return (
    <Text>
      {node.name.padEnd(14)} <Text color={color}>{node.state.padEnd(9)}</Text>
      {` final ${String(node.finalized).padStart(6)}  head ${String(node.height).padStart(6)}  peers ${String(node.peers).padStart(2)}`}
    </Text>
  );
}

export interface OpenDashboard {
  show(report: DevnetReport): void;
  close(): void;
}

/** Draws on the terminal. Ctrl-C is the command's business. */
export function openDashboard(): OpenDashboard {
  let app: ReturnType<typeof render> | undefined;
  return {
    show(report) {
      const view = <Dashboard report={report} />;
      if (app) app.rerender(view);
      else app = render(view, { exitOnCtrlC: false });
    },
    close: () => app?.unmount(),
  };
}
