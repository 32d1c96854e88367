import { expect, test } from 'vitest';

import { Gate } from '../../src/put/gate.ts';

test('so many may enter, the next waits until one leaves', async () => {
  const gate = new Gate(2);
  expect(gate.enter()).toBeUndefined();
  expect(gate.enter()).toBeUndefined();
  const third = gate.enter();
  expect(third).toBeInstanceOf(Promise);
  gate.leave();
  await third;
  gate.leave();
  gate.leave();
  expect(gate.enter()).toBeUndefined();
});
