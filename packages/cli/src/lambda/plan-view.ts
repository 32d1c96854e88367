import { createPaint } from '../io/paint.ts';
import { showDuration } from '../lag/lag-row.ts';
import { records as showRecords } from '../put/summary.ts';
import type { PlanStep, RetryPlan, Stretch } from './retry-plan.ts';

/** A retry plan for eyes. */
export function planLines(plan: RetryPlan, total: number, colour: boolean): readonly string[] {
  const paint = createPaint(colour);
  const { done, steps, goesOn } = plan;
  if (plan.verdict === 'done') {
    return [
      `${paint('green', 'done')}        ${showRecords(total)}, checkpoint ${plan.checkpoint ?? 'none'}`,
    ];
  }
  return [
    done === undefined
      ? `${paint('yellow', 'checkpoint')}  none: nothing is done`
      : `${paint('green', 'checkpoint')}  ${showRecords(done.records)} done, up to ${done.to}`,
    ...steps.map((step) =>
      step.do === 'invoke'
        ? `${paint('yellow', 'invoke')}      ${stepText(step)}, attempt ${step.attempt}`
        : `${paint('red', 'give up')}     ${stepText(step)}: ${step.condition} after ${step.approximateInvokeCount} invocations`,
    ),
    ...(goesOn ? [`${paint('dim', '…')}           and so on, should it keep failing`] : []),
  ];
}

function stepText(step: PlanStep): string {
  return `${`+${showDuration(step.afterMs)}`.padEnd(9)} ${stretchText(step)}`;
}

function stretchText({ records, from, to }: Stretch): string {
  return records === 1 ? `1 record ${from}` : `${showRecords(records)} ${from} … ${to}`;
}
