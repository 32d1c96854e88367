import { createLocalKinesis } from '@millrace/local';

import { Checks } from './check/checks.ts';
import { streamName } from './check/item.ts';
import type { Violation } from './check/verdict.ts';
import { Fleet } from './fleet/fleet.ts';
import { Lineage, Lineages } from './fleet/lineage.ts';
import { FaultPlayer } from './fleet/fault-player.ts';
import type { Plan } from './plan/plan.ts';
import { Random } from './plan/random.ts';
import { Life, type Machine } from './world/life.ts';
import { Network } from './world/network.ts';
import { Timeline } from './world/timeline.ts';
import { Trace } from './world/trace.ts';
import { Troubles } from './world/troubles.ts';

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  /** Tells two runs apart. */
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  readonly records: number;
  /** How often each kind of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly trace: Trace;
}

/** A run that takes more has hung. */
const mostSteps = 400_000;
/** How long the fleet may take to settle once nothing is wrong any more, and workers to close. */
const settleMs = 200_000;
const closeMs = 60_000;

/** Runs a plan to its end, or to the first thing that does not hold. The same plan runs the same way. */
export async function runPlan(plan: Plan, recording = false): Promise<Outcome> {
  // What an error looks like matters to nobody here, and taking its stack is most of what it costs.
  if (!recording) Error.stackTraceLimit = 0;
  const random = new Random(plan.seed ^ 0x5eed);
  const timeline = new Timeline();
  const trace = new Trace(recording);
  const faults: Record<string, number> = {};
  const counted = (kind: string): void => {
    faults[kind] = (faults[kind] ?? 0) + 1;
  };
  const network = new Network({ timeline, trace, random: random.fork(), counted });
  const machine: Machine = { name: 'kinesis', wallAheadMs: 0, unreachable: new Set() };
  const service = new Life('kinesis', machine, timeline, random.fork());
  const entries = random.fork();
  await using kinesis = await createLocalKinesis({
    clock: service.clock,
    streams: Object.fromEntries(plan.streams.map((stream, index) => [streamName(index), stream])),
    updateStreamTime: plan.service.updateMs,
    enforceLimits: plan.service.enforceLimits,
    registerConsumerTime: plan.service.registerMs,
    faults: () => {
      const rate = network.refusedEntries;
      if (rate === 0) return undefined;
      const refuse = (): object | undefined => {
        if (!entries.chance(rate)) return undefined;
        counted('entries');
        return {};
      };
      return { entry: refuse };
    },
  });
  const lineages = new Lineages(plan.streams.map((_, index) => new Lineage(streamName(index), kinesis)));
  for (const lineage of lineages.all) await lineage.refresh(0);
  using checks = new Checks({ plan, timeline, trace, lineages, serviceTime: () => service.clock.now() });
  const { verdict } = checks;
  const troubles = new Troubles();
  const fleet = new Fleet({
    plan,
    kinesis: kinesis.connection,
    timeline,
    network,
    trace,
    lineages,
    random: random.fork(),
    troubles,
    checks,
  });

  /** Until `done`, a violation, or `untilMs`; false when it took too long. */
  const runUntil = async (untilMs: number, done: () => boolean): Promise<boolean> => {
    let lookAt = timeline.now;
    while (verdict.violation === undefined) {
      if (timeline.now >= lookAt) {
        if (done()) return true;
        lookAt = timeline.now + 250;
      }
      if (timeline.now >= untilMs) return false;
      if (timeline.steps > mostSteps) {
        verdict.broken('every run ends', `it takes more than ${mostSteps} steps`);
      } else if (!(await timeline.step(untilMs)) && timeline.idle) {
        if (done()) return true;
        verdict.broken('every run ends', 'everybody waits for something that never comes');
      }
    }
    return true;
  };

  fleet.start();
  new FaultPlayer({
    plan,
    timeline,
    trace,
    network,
    fleet,
    lineages,
    service: machine,
    troubles,
    random: random.fork(),
    counted,
  }).play();
  await runUntil(plan.healedAt, () => false);
  troubles.heal();
  network.heal();
  // Who slept through its lease has to notice first.
  await runUntil(Math.max(timeline.now, network.quietAt) + 2 * plan.group.leaseMs, () => false);
  const healed = await runUntil(
    timeline.now + settleMs,
    () => fleet.producersDone && lineages.settled && checks.settled((life) => fleet.isAlive(life)),
  );
  const { openPuts } = checks.ledger;
  if (!healed && !fleet.producersDone && openPuts > 0)
    verdict.broken('every put settles', `${openPuts} puts never did`);
  if (!healed) verdict.broken('the fleet settles', checks.unsettled());
  checks.complete();
  fleet.close();
  const closed = await runUntil(timeline.now + closeMs, () => fleet.workersDone);
  if (!closed) verdict.broken('every run ends', 'a worker does not close');
  if (verdict.violation === undefined) checks.closed();
  return {
    seed: plan.seed,
    violation: verdict.violation,
    hash: trace.hash,
    steps: timeline.steps,
    virtualMs: Math.round(timeline.now),
    records: checks.ledger.records,
    faults,
    trace,
  };
}
