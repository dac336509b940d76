import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

export default buildModule("Shop", (m) => {
  const owner = m.getAccount(0);
  const points = m.contract("Points", [owner]);
  const till = m.contract("Till", [points]);
  m.call(points, "mint", [owner, 1_000n]);
  const logic = m.contract("Counter");
  const proxy = m.contract("CounterProxy", [logic, owner]);
  const counter = m.contractAt("Counter", proxy, { id: "CounterBehindProxy" });
  m.call(counter, "increment", []);
  return { points, till, counter };
});
