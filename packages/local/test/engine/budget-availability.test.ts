import fc from 'fast-check';
import { expect, test } from 'vitest';

import { WindowBudget } from '../../src/engine/window-budget.ts';

test('a budget says exactly when something is left again', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ after: fc.integer({ min: 0, max: 2500 }), amount: fc.integer({ min: 0, max: 900 }) }),
        { minLength: 1, maxLength: 20 },
      ),
      (takes) => {
        const budget = new WindowBudget(100);
        let now = 0;
        for (const { after, amount } of takes) {
          now += after;
          budget.take(amount, now);
        }
        const at = budget.availableAt(now);
        expect(at <= now || budget.left(at - 0.001) === 0).toBe(true);
        expect(budget.left(Math.max(at, now))).toBeGreaterThan(0);
      },
    ),
  );
});
