import { createPaint } from '../io/paint.ts';
import { showDuration } from '../lag/lag-row.ts';
import { records as showRecords } from '../put/summary.ts';
import type { PlanStep, RetryPlan, Stretch } from './retry-plan.ts';

/** A retry plan for eyes. */
export function planLines(plan: RetryPlan, total: number, colour: boolean): readonly string[] {
  const paint = createPaint(colour);
  const { done, steps, goesOn } = plan;
  if (plan.verdict === 'done') {
    const what =
      total === 0 ? 'the window has ended' : `${showRecords(total)}, checkpoint ${plan.checkpoint}`;
    return [`${paint('green', 'done')}        ${what}`];
  }
  return [
    done === undefined
      ? `${paint('yellow', 'checkpoint')}  none: nothing is done`
      : `${paint('green', 'checkpoint')}  ${showRecords(done.records)} done, up to ${done.to}`,
    ...runsOf(steps).flatMap((run) => {
      const [shown, hidden] =
        run.length > mostAlike + 1 ? [run.slice(0, mostAlike), run.length - mostAlike] : [run, 0];
      const last = run.at(-1);
      const lines = shown.map((step) =>
        step.do === 'invoke'
          ? `${paint('yellow', 'invoke')}      ${stepText(step)}, attempt ${step.attempt}`
          : `${paint('red', 'give up')}     ${stepText(step)}: ${step.condition} after ${invocations(step.approximateInvokeCount)}`,
      );
      if (hidden === 0 || last === undefined) return lines;
      return [
        ...lines,
        `${paint('dim', '…')}           ${hidden} more, the last at +${showDuration(last.afterMs)}`,
      ];
    }),
    ...(goesOn ? [`${paint('dim', '…')}           and so on, should it keep failing`] : []),
  ];
}

/** Of invocations of the same records so many are shown. */
const mostAlike = 8;

/** Steps that follow one another with the same records, together. */
function runsOf(steps: readonly PlanStep[]): readonly (readonly PlanStep[])[] {
  const runs: PlanStep[][] = [];
  for (const step of steps) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const alike = before?.do === step.do && before.from === step.from && before.to === step.to;
    if (run === undefined || !alike) runs.push([step]);
    else run.push(step);
  }
  return runs;
}

function invocations(count: number): string {
  return count === 1 ? '1 invocation' : `${count} invocations`;
}

function stepText(step: PlanStep): string {
  return `${`+${showDuration(step.afterMs)}`.padEnd(9)} ${stretchText(step)}`;
}

function stretchText({ records, from, to }: Stretch): string {
  if (records === 0) return 'the end of the window';
  return records === 1 ? `1 record ${from}` : `${showRecords(records)} ${from} … ${to}`;
}
