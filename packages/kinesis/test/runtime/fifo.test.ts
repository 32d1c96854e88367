import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Fifo } from '../../src/runtime/fifo.ts';

test('a queue gives everything back in its order, whenever it is asked', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('drop'), fc.constant('empty'), fc.nat())), (steps) => {
      const queue = new Fifo<number>();
      const given: (readonly number[])[] = [];
      const expected: (readonly number[])[] = [];
      let model: number[] = [];
      for (const step of steps) {
        if (typeof step === 'number') {
          queue.push(step);
          model.push(step);
        } else if (step === 'drop' && model.length > 0) {
          queue.drop();
          model.shift();
        } else if (step === 'empty') {
          given.push(queue.empty());
          expected.push(model);
          model = [];
        }
        expect([queue.length, queue.first]).toEqual([model.length, model[0]]);
      }
      expect(given).toEqual(expected);
    }),
  );
});

test('a queue that has moved its items up still holds the right ones', () => {
  const queue = new Fifo<number>();
  for (let n = 0; n < 5000; n++) queue.push(n);
  for (let n = 0; n < 5000; n++) {
    expect(queue.first).toBe(n);
    queue.drop();
  }
  expect([queue.length, queue.first]).toEqual([0, undefined]);
});
