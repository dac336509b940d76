import { UserError } from "../errors.ts";

/** Parameters of the root contracts. Times in seconds, amounts in wei (of KMC or Ether as named), shares in basis points. */
export interface RootParameters {
  // Checkpoints
  readonly minInterval: number;
  readonly proposerTimeout: number;
  readonly maxCheckpointLength: number;
  readonly challengePeriod: number;
  readonly lateSlashWindow: number;
  readonly gameMaxDuration: number;
  // Staking
  readonly epochLength: number;
  readonly unbonding: number;
  readonly jailTime: number;
  readonly minStakeWei: bigint;
  readonly maxValidators: number;
  /** Epochs between two key rotations. */
  readonly signerCooldown: number;
  readonly rewardPerBlockWei: bigint;
  readonly proposerBonusBps: number;
  readonly annualInflationBps: number;
  readonly claimBatch: number;
  readonly slashBpsA: number;
  readonly slashBpsB: number;
  readonly slashBpsC: number;
  readonly bountyBps: number;
  readonly burnBps: number;
  // Producers
  /** Notice that a new producer set needs. */
  readonly replacementLead: number;
  /** Least stake of a nominee who is to be elected, wei of KMC. */
  readonly producerStakeWei: bigint;
  /** Below so many winners incumbents and foundation producers fill the set up. */
  readonly minProducers: number;
  readonly maxProducers: number;
  readonly standbyCount: number;
  /** Most winners of one region; 0 = any number. */
  readonly maxPerRegion: number;
  readonly tenureLength: number;
  /** When voting opens and closes, before the tenure it is for. */
  readonly voteOpenLead: number;
  readonly voteCloseLead: number;
  // Pay for work
  /** Wei of KMC for a block, the part of the stand-bys included. */
  readonly payPerBlockWei: bigint;
  /** Wei of KMC for a round with a block, shared by weight among those whose unit came. */
  readonly payPerRoundWei: bigint;
  /** Part of the pay for blocks that stand-bys have. */
  readonly standbyRewardBps: number;
  /** Wei of KMC that the pool of every chain begins with. */
  readonly workPoolWei: bigint;
  // Challenges
  /** Root chain blocks for which a bounty is held for an older commitment. */
  readonly commitWindow: number;
  /** Time after a verdict in which the producer can be charged too. */
  readonly attachWindow: number;
  /** Bond of the first interactive challenge of a checkpoint, wei of Ether; each further open one doubles it. */
  readonly challengeBondWei: bigint;
  /** Time to show a transaction or log that is said to be missing, and a delivery. */
  readonly answerWindow: number;
  readonly deliveryWindow: number;
  /**
   * Time to show data that is demanded, and again as much to prove fraud in it. 0: no data can be demanded, and the network
   * has no court for it.
   */
  readonly dataWindow: number;
  /** Escrow of a demand for data beside what its bytes take, wei of Ether. */
  readonly demandEscrowWei: bigint;
  /** Time by the chain's clock after which a deposit has to have been delivered. */
  readonly depositDeadline: number;
  // Exits
  readonly exitPeriod: number;
  /** Wei of Ether. */
  readonly exitBondWei: bigint;
  /** Gas that one payment of an exit may use. */
  readonly payoutGas: number;
  // Roles
  readonly maxPause: number;
  /**
   * Notice of new code and parameters; at least challengePeriod + 2 · exitPeriod, so that everybody can leave before. 0: none,
   * the deployer owns the contracts.
   */
  readonly timelockDelay: number;
  /**
   * Time after deployment until epoch 0 begins by itself. Before it stakes count at once and no checkpoint is accepted;
   * the owner ends it with `stakes.begin()`.
   */
  readonly stakingLead: number;
}

/** Defaults of a development network (root contracts design, section 13). */
export const devnetParameters: RootParameters = {
  minInterval: 4,
  proposerTimeout: 5,
  maxCheckpointLength: 256,
  challengePeriod: 20,
  lateSlashWindow: 30,
  gameMaxDuration: 120,
  epochLength: 16,
  unbonding: 200,
  jailTime: 60,
  minStakeWei: 100n * 10n ** 18n,
  maxValidators: 16,
  signerCooldown: 2,
  rewardPerBlockWei: 10n ** 18n,
  proposerBonusBps: 1_000,
  annualInflationBps: 400,
  claimBatch: 128,
  slashBpsA: 1_000,
  slashBpsB: 500,
  slashBpsC: 2_000,
  bountyBps: 5_000,
  burnBps: 2_500,
  replacementLead: 8,
  producerStakeWei: 1_000n * 10n ** 18n,
  minProducers: 5,
  maxProducers: 7,
  standbyCount: 2,
  maxPerRegion: 0,
  tenureLength: 600,
  voteOpenLead: 187,
  voteCloseLead: 47,
  payPerBlockWei: 10n ** 17n,
  payPerRoundWei: 10n ** 17n,
  standbyRewardBps: 1_000,
  workPoolWei: 100_000n * 10n ** 18n,
  commitWindow: 3,
  attachWindow: 300,
  challengeBondWei: 10n ** 16n,
  answerWindow: 15,
  deliveryWindow: 20,
  dataWindow: 0,
  demandEscrowWei: 10n ** 16n,
  depositDeadline: 30,
  exitPeriod: 10,
  exitBondWei: 10n ** 15n,
  payoutGas: 200_000,
  maxPause: 60,
  timelockDelay: 0,
  stakingLead: 3_600,
};

const DURATIONS = [
  "minInterval",
  "proposerTimeout",
  "challengePeriod",
  "lateSlashWindow",
  "gameMaxDuration",
  "epochLength",
  "unbonding",
  "jailTime",
  "replacementLead",
  "tenureLength",
  "attachWindow",
  "answerWindow",
  "deliveryWindow",
  "depositDeadline",
  "exitPeriod",
  "maxPause",
] as const satisfies readonly (keyof RootParameters)[];

/**
 * Devnet defaults with every duration divided by `timeScale`, then the overrides, then the invariants.
 *
 * @param timeScale ≥ 1; 4 makes 20 s out of 5. No duration becomes less than a second
 * @throws {UserError} KOMA_E_PARAMETERS_INVALID naming the rule that does not hold
 */
export function chooseParameters(overrides: Partial<RootParameters> = {}, timeScale = 1): RootParameters {
  if (!(timeScale >= 1 && Number.isFinite(timeScale))) {
    throw invalid("the time scale is at least 1", { timeScale });
  }
  const scaled: Record<string, number | bigint> = { ...devnetParameters };
  for (const name of DURATIONS) scaled[name] = Math.max(1, Math.round(devnetParameters[name] / timeScale));
  const chosen = { ...(scaled as unknown as RootParameters), ...overrides };
  // A default must not break the one sum among the durations; a wish is checked below.
  const unbonding = overrides.unbonding ?? Math.max(chosen.unbonding, leastUnbonding(chosen));
  const parameters = { ...chosen, unbonding, ...voteTimes(chosen, overrides) };
  checkParameters(parameters);
  return parameters;
}

/** A vote opens 28 and closes 7 ninetieths of a tenure before the next one, unless something else is wished. */
function voteTimes(
  chosen: RootParameters,
  wish: Partial<RootParameters>,
): Pick<RootParameters, "tenureLength" | "voteOpenLead" | "voteCloseLead"> {
  const share = (ninetieths: number): number => Math.round((chosen.tenureLength * ninetieths) / 90);
  const voteCloseLead = wish.voteCloseLead ?? Math.max(share(7), chosen.replacementLead + 1);
  const voteOpenLead = wish.voteOpenLead ?? Math.max(share(28), voteCloseLead + 1);
  const tenureLength = wish.tenureLength ?? Math.max(chosen.tenureLength, voteOpenLead + 1);
  return { tenureLength, voteOpenLead, voteCloseLead };
}

/**
 * The invariants of the root contracts design, section 13, as far as the contracts exist.
 *
 * @throws {UserError} KOMA_E_PARAMETERS_INVALID
 */
export function checkParameters(p: RootParameters): void {
  for (const [name, value] of Object.entries(p)) {
    const whole = typeof value === "bigint" || Number.isSafeInteger(value);
    if (!whole || value < 0) throw invalid(`${name} is a whole number, not negative`, { [name]: value });
  }
  for (const name of ["epochLength", "challengePeriod", "proposerTimeout", "exitPeriod"] as const) {
    if (p[name] < 1) throw invalid(`${name} is at least one second`, { [name]: p[name] });
  }
  if (p.unbonding < leastUnbonding(p)) {
    throw invalid("unbonding covers challengePeriod + gameMaxDuration + lateSlashWindow", {
      unbonding: p.unbonding,
      least: leastUnbonding(p),
    });
  }
  const leave = p.challengePeriod + 2 * p.exitPeriod;
  if (p.timelockDelay !== 0 && p.timelockDelay < leave) {
    throw invalid("a timelock waits for challengePeriod + 2 · exitPeriod", { timelockDelay: p.timelockDelay, leave });
  }
  for (const name of ["answerWindow", "deliveryWindow"] as const) {
    if (p[name] < 1 || p[name] > p.gameMaxDuration) {
      throw invalid(`${name} is at least one second and at most gameMaxDuration`, {
        [name]: p[name],
        most: p.gameMaxDuration,
      });
    }
  }
  // Data can be demanded, shown and read for three windows beyond the challenge period: a game like any other.
  if (3 * p.dataWindow > p.gameMaxDuration) {
    throw invalid("three times dataWindow is at most gameMaxDuration", {
      dataWindow: p.dataWindow,
      most: Math.floor(p.gameMaxDuration / 3),
    });
  }
  if (p.maxValidators < 1 || p.maxValidators > 256) {
    throw invalid("maxValidators is between 1 and 256", { maxValidators: p.maxValidators });
  }
  if (p.maxCheckpointLength < 1 || p.maxCheckpointLength > 4_096) {
    throw invalid("maxCheckpointLength is between 1 and 4,096", { maxCheckpointLength: p.maxCheckpointLength });
  }
  if (p.bountyBps > 5_000) throw invalid("bountyBps is at most 5,000", { bountyBps: p.bountyBps });
  if (p.bountyBps + p.burnBps > 10_000) {
    throw invalid("bounty and burn are shares of one whole", { bountyBps: p.bountyBps, burnBps: p.burnBps });
  }
  for (const name of ["slashBpsA", "slashBpsB", "slashBpsC", "proposerBonusBps", "standbyRewardBps"] as const) {
    if (p[name] > 10_000) throw invalid(`${name} is a share of one whole, at most 10,000`, { [name]: p[name] });
  }
  if (p.claimBatch < 1) throw invalid("a claim covers at least one checkpoint", { claimBatch: p.claimBatch });
  // Widths of the slots that the contracts keep them in.
  for (const name of ["epochLength", "challengePeriod"] as const) {
    if (p[name] >= 2 ** 32) throw invalid(`${name} is less than 2^32 seconds`, { [name]: p[name] });
  }
  if (p.exitBondWei >= 2n ** 64n) {
    throw invalid("exitBond is less than 2^64 wei (18 Ether)", { exitBondWei: p.exitBondWei });
  }
  checkElection(p);
  if (p.minStakeWei < 1n) throw invalid("minStake is more than nothing", { minStakeWei: p.minStakeWei });
}

function checkElection(p: RootParameters): void {
  const { tenureLength, voteOpenLead, voteCloseLead, replacementLead } = p;
  if (!(replacementLead < voteCloseLead && voteCloseLead < voteOpenLead && voteOpenLead < tenureLength)) {
    throw invalid("replacementLead < voteCloseLead < voteOpenLead < tenureLength", {
      replacementLead,
      voteCloseLead,
      voteOpenLead,
      tenureLength,
    });
  }
  if (p.minProducers < 1 || p.minProducers > p.maxProducers || p.maxProducers > 16 || p.standbyCount > 16) {
    throw invalid("a producer set has 1 to 16 seats, and at most 16 stand-bys", {
      minProducers: p.minProducers,
      maxProducers: p.maxProducers,
      standbyCount: p.standbyCount,
    });
  }
  if (p.producerStakeWei < 1n) {
    throw invalid("producerStake is more than nothing", { producerStakeWei: p.producerStakeWei });
  }
}

function leastUnbonding(p: RootParameters): number {
  return p.challengePeriod + p.gameMaxDuration + p.lateSlashWindow;
}

function invalid(rule: string, facts: Readonly<Record<string, number | bigint>>): UserError {
  return new UserError("KOMA_E_PARAMETERS_INVALID", `The root chain's parameters break a rule: ${rule}.`, { facts });
}
