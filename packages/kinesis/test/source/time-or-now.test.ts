import { MillraceError } from '@millrace/kinesis';
import type { Position } from '@millrace/kinesis/record';
import { expect, test } from 'vitest';

import { serviceTime, timeOrNow } from '../../src/source/time-or-now.ts';

/** A service that opens whatever iterator it is asked for, or none. */
function answers(error?: MillraceError) {
  return {
    async openIterator(): Promise<string> {
      if (error !== undefined) throw error;
      return 'iterator';
    },
  };
}

/** Answers what it was asked for at last; its clock stands at the next of `times` with every call. */
function service(times: readonly number[], says = true) {
  const asked: Position[] = [];
  const ask = async (position: Position): Promise<Position> => {
    const now = times[asked.push(position) - 1] ?? 0;
    if (position.type !== 'time' || position.at <= now) return position;
    const why = says ? `timestampInMillis: ${position.at}, currentTimestampInMillis: ${now}` : 'No.';
    throw new MillraceError('SERVICE_FAILED', `GetShardIterator failed: InvalidArgumentException: ${why}`, {
      advice: '',
      service: 'InvalidArgumentException',
    });
  };
  return { asked, ask };
}

test('a time that has come is asked for once', async () => {
  const { ask, asked } = service([1000]);
  expect(await timeOrNow({ type: 'time', at: 1000 }, ask)).toEqual({ type: 'time', at: 1000 });
  expect(asked.length).toBe(1);
});

test('a time still to come begins at what the service says the time is, so nothing it has stored since is passed over', async () => {
  const { ask } = service([900, 950]);
  expect(await timeOrNow({ type: 'time', at: 1000 }, ask)).toEqual({ type: 'time', at: 900 });
});

test('a service whose clock goes back between two questions is asked once more', async () => {
  const { ask } = service([900, 800, 810]);
  expect(await timeOrNow({ type: 'time', at: 1000 }, ask)).toEqual({ type: 'time', at: 800 });
});

test('a service that does not say what time it has begins at its newest record', async () => {
  const { ask } = service([900], false);
  expect(await timeOrNow({ type: 'time', at: 1000 }, ask)).toEqual({ type: 'now' });
});

test('what is refused for another reason stays refused', async () => {
  const refusal = new MillraceError('ACCESS_DENIED', 'No.', { advice: '' });
  await expect(timeOrNow({ type: 'time', at: 1 }, () => Promise.reject(refusal))).rejects.toBe(refusal);
});

test('the service is asked what time it has, and says it while it refuses', async () => {
  const { ask, asked } = service([900]);
  const reader = {
    openIterator: async (_: string, __: string, at: Position) => JSON.stringify(await ask(at)),
  };
  expect(await serviceTime(reader, 'orders', 'shardId-000000000000')).toBe(900);
  expect(asked.length).toBe(1);
});

test('no time is told by a service that does not say it, nor by a shard that is gone; what may pass by itself is thrown', async () => {
  const gone = new MillraceError('STREAM_NOT_FOUND', 'Gone.', { advice: '' });
  const throttled = new MillraceError('THROTTLED', 'Slow.', { advice: '', retryable: true });
  expect(await serviceTime(answers(), 'orders', 'shard')).toBeUndefined();
  expect(await serviceTime(answers(gone), 'orders', 'shard')).toBeUndefined();
  await expect(serviceTime(answers(throttled), 'orders', 'shard')).rejects.toBe(throttled);
});
