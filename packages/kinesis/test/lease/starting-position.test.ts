import { startingPosition, toStreamStart, type Checkpoint, type Lease } from '@millrace/kinesis/lease';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { describe, expect, test } from 'vitest';

const five = toSequenceNumber('5');

function leaseAt(
  sequenceNumber: Checkpoint['sequenceNumber'],
  startAt?: number,
  subSequenceNumber = 0,
): Lease {
  return {
    leaseKey: 'a',
    shardId: 'a',
    counter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: { sequenceNumber, subSequenceNumber },
    ...(startAt !== undefined && { startAt }),
    parentShardIds: [],
    childShardIds: [],
  };
}

describe('the iterator of a leased shard opens', () => {
  test('at the stored number, for its aggregate may not be finished', () => {
    expect(startingPosition(leaseAt(five, undefined, 3))).toEqual({ type: 'at', sequenceNumber: '5' });
    expect(startingPosition(leaseAt(five))).toEqual({ type: 'at', sequenceNumber: '5' });
  });

  test('at the oldest record, or at the newest for a lease of the Java KCL', () => {
    expect(startingPosition(leaseAt('TRIM_HORIZON'))).toEqual({ type: 'oldest' });
    expect(startingPosition(leaseAt('LATEST'))).toEqual({ type: 'now' });
  });

  test('at the time the lease was created with, whatever is configured now', () => {
    expect(startingPosition(leaseAt('AT_TIMESTAMP', 42), { type: 'time', at: 99 })).toEqual({
      type: 'time',
      at: 42,
    });
    expect(startingPosition(leaseAt('LATEST', 42))).toEqual({ type: 'time', at: 42 });
  });

  test('without a time of its own at the configured one, else at the oldest record rather than skip any', () => {
    expect(startingPosition(leaseAt('AT_TIMESTAMP'), { type: 'time', at: 99 })).toEqual({
      type: 'time',
      at: 99,
    });
    expect(startingPosition(leaseAt('AT_TIMESTAMP'), { type: 'now' })).toEqual({ type: 'oldest' });
    expect(startingPosition(leaseAt('AT_TIMESTAMP'))).toEqual({ type: 'oldest' });
  });

  test('nowhere once the shard was read to its end', () => {
    expect(() => startingPosition(leaseAt('SHARD_END'))).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });
});

describe('a place in a stream', () => {
  test.each([{ type: 'oldest' }, { type: 'now' }, { type: 'time', at: 5 }] as const)(
    '$type is one',
    (position) => {
      expect(toStreamStart(position, 'consumer.from')).toBe(position);
    },
  );

  test.each(['at', 'after'] as const)('%s a sequence number is not: that is a place in one shard', (type) => {
    expect(() => toStreamStart({ type, sequenceNumber: five }, 'consumer.from')).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        details: expect.objectContaining({ path: 'consumer.from' }),
      }),
    );
  });
});
