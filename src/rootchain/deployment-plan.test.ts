import { describe, expect, it } from "vitest";
import { parseAddress } from "../primitives/index.ts";
import { addressBookOf, planAddresses, planDeployment, rootContractNames } from "./deployment-plan.ts";
import { devnetParameters } from "./parameters.ts";

const deployer = parseAddress("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
const plan = planDeployment({
  deployer,
  guardian: deployer,
  insurance: deployer,
  params: devnetParameters,
  kmcGenesis: [],
  genesisTime: 1,
  demoToken: true,
  foundation: [deployer],
});

describe("deployment plan", () => {
  it("makes every contract that others talk to", () => {
    const addresses = planAddresses(plan, deployer, 0);
    for (const name of rootContractNames) expect(addresses.has(name), name).toBe(true);
  });

  it("gives addresses that depend on the deployer and the nonce alone", () => {
    // The first contract of anvil's first account, known to everybody who ever used it.
    expect(planAddresses(plan, deployer, 0).get("KMC")).toBe("0x5fbdb2315678afecb367f032d93f642f64180aa3");
    expect(planAddresses(plan, deployer, 1).get("KMC")).toBe("0xe7f1725e7734ce288f8367e1bb143e90bb3f0512");
  });

  it("names no contract that it does not make", () => {
    const at = addressBookOf(planAddresses(plan, deployer, 0));
    for (const step of plan) expect(() => step.args(at)).not.toThrow();
  });

  it("creates a proxy's code before the proxy, which runs it in its constructor", () => {
    plan.forEach((step, index) => {
      if (step.kind !== "proxy") return;
      expect(plan.findIndex(({ name }) => name === `${step.name}Code`)).toBeLessThan(index);
      expect(plan.some(({ name }) => name === `${step.name}Code`)).toBe(true);
    });
  });
});
