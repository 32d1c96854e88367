import { describe, expect, test } from 'vitest';

import { WindowBudget } from '../../src/engine/window-budget.ts';

describe('a budget of so much a second', () => {
  test('is used up within a second and whole again in the next', () => {
    const budget = new WindowBudget(10);
    budget.take(7, 500);
    expect(budget.left(900)).toBe(3);
    budget.take(3, 1499);
    expect(budget.left(1499)).toBe(0);
    expect(budget.left(1500)).toBe(10);
  });

  test('pays a debt off second by second', () => {
    const budget = new WindowBudget(2);
    budget.take(10, 0);
    expect([999, 1000, 2000, 3000, 4000, 4999].map((now) => budget.left(now))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(budget.left(5000)).toBe(2);
  });

  test('does not save up what was not used', () => {
    const budget = new WindowBudget(5);
    budget.take(1, 0);
    expect(budget.left(60_000)).toBe(5);
  });
});
