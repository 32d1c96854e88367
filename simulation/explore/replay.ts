import type { Fault } from '../plan/fault.ts';
import { planOf } from '../plan/plan-of.ts';
import type { Plan } from '../plan/plan.ts';
import { runPlan, type Outcome } from '../run-plan.ts';

/** A run again, line by line, with as few of its faults as still break the same promise. */
export interface Replay {
  readonly outcome: Outcome;
  /** Whether another run of the same seed went exactly the same way. */
  readonly exact: boolean;
  /** The faults that are needed. */
  readonly faults: readonly Fault[];
}

export async function replay(seed: number): Promise<Replay> {
  const plan = planOf(seed);
  const first = await runPlan(plan);
  const again = await runPlan(plan, true);
  const exact = first.hash === again.hash && first.steps === again.steps;
  if (again.violation === undefined) return { outcome: again, exact, faults: plan.faults };
  const small = await shrink(plan, again);
  return { outcome: await runPlan(small, true), exact, faults: small.faults };
}

/** Leaves out one fault after the other, as long as the run still breaks the same promise. */
async function shrink(plan: Plan, { violation }: Outcome): Promise<Plan> {
  let small = plan;
  for (const fault of plan.faults) {
    const without = { ...small, faults: small.faults.filter((other) => other !== fault) };
    const outcome = await runPlan(without);
    if (outcome.violation?.invariant === violation?.invariant) small = without;
  }
  return small;
}
