import type { StreamRecord } from '@millrace/kinesis';
import type { Handler, HandlerContext } from '@millrace/kinesis/consumer';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { expect, test } from 'vitest';

import { iterateRecords } from '../../src/consumer/iterate.ts';

function recordOf(shardId: string): StreamRecord<string> {
  return {
    stream: 'steps',
    shardId,
    sequenceNumber: toSequenceNumber('1'),
    subSequenceNumber: 0,
    partitionKey: 'k',
    headers: {},
    arrivedAt: new Date(0),
    value: shardId,
    bytes: new Uint8Array(),
  };
}

test('a record whose shard was lost while it waited its turn is not given to the loop', async () => {
  const lost = new AbortController();
  let slept = false;
  const contextOf = (shardId: string): HandlerContext => ({
    stream: 'steps',
    shardId,
    millisBehindLatest: 0,
    signal: shardId === 'b' ? lost.signal : new AbortController().signal,
    // As in a process that wakes: nobody was told yet, and whoever asks the clock learns it.
    isHeld: () => {
      if (shardId === 'b' && slept) lost.abort();
      return !lost.signal.aborted || shardId !== 'b';
    },
    progress: () => {},
  });
  const outcomes: string[] = [];
  const run = async (handler: Handler<string>): Promise<void> => {
    if (!('eachRecord' in handler)) throw new TypeError('records are asked for');
    const offers = ['a', 'b', 'c'].map((id) => handler.eachRecord(recordOf(id), contextOf(id)));
    const settled = await Promise.allSettled(offers);
    outcomes.push(...settled.map(({ status }) => status));
  };
  const given: string[] = [];
  for await (const { shardId } of iterateRecords<string>({ run, close: async () => {} })) {
    given.push(shardId);
    slept = true;
  }
  expect(given).toEqual(['a', 'c']);
  expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
