import { planOf } from '../plan/plan-of.ts';
import { runPlan, type Outcome } from '../run-plan.ts';

/** Seeds one after the other. */
export interface Block {
  readonly first: number;
  readonly count: number;
}

/** What came of one seed, without its trace. */
export type Summary = Omit<Outcome, 'trace'>;

/** Runs a block of seeds. */
export async function explore({ first, count }: Block): Promise<readonly Summary[]> {
  const summaries: Summary[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const { trace: _lines, ...summary } = await runPlan(planOf(seed));
    summaries.push(summary);
  }
  return summaries;
}
