import { expect, it } from "vitest";
import { RequestMetrics, single, writeMetrics } from "./metrics.ts";

it("writes what Prometheus reads, whatever stands in labels", () => {
  const text = writeMetrics([
    single("koma_peers", "gauge", "Connected peers.", 3),
    {
      name: "koma_odd",
      help: "Two\nlines.",
      type: "gauge",
      samples: [{ labels: { name: 'a"b\\c\nd', other: "x" }, value: 1.5 }, { value: Number.POSITIVE_INFINITY }],
    },
  ]);
  expect(text.split("\n")).toEqual([
    "# HELP koma_peers Connected peers.",
    "# TYPE koma_peers gauge",
    "koma_peers 3",
    "# HELP koma_odd Two\\nlines.",
    "# TYPE koma_odd gauge",
    'koma_odd{name="a\\"b\\\\c\\nd",other="x"} 1.5',
    "koma_odd +Inf",
    "",
  ]);
});

it("counts requests by method and outcome, and how long they took", () => {
  const requests = new RequestMetrics();
  requests.add("eth_call", "ok", 0.003);
  requests.add("eth_call", "ok", 2);
  requests.add("eth_call", "KOMA_E_CALL_TIMEOUT", 60);
  const text = writeMetrics(requests.read());
  expect(text).toContain('koma_rpc_requests_total{method="eth_call",outcome="ok"} 2');
  expect(text).toContain('koma_rpc_requests_total{method="eth_call",outcome="KOMA_E_CALL_TIMEOUT"} 1');
  expect(text).toContain('koma_rpc_request_seconds_bucket{le="0.001"} 0');
  expect(text).toContain('koma_rpc_request_seconds_bucket{le="0.005"} 1');
  expect(text).toContain('koma_rpc_request_seconds_bucket{le="5"} 2');
  expect(text).toContain('koma_rpc_request_seconds_bucket{le="+Inf"} 3');
  expect(text).toContain("koma_rpc_request_seconds_sum 62.003");
  expect(text).toContain("koma_rpc_request_seconds_count 3");
});
