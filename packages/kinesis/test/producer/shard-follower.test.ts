import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { ShardFollower } from '../../src/producer/shard-follower.ts';
import { toSequenceNumber } from '../../src/record/sequence-number.ts';
import type { ShardMap } from '../../src/shard/shard-map.ts';
import type { Shard } from '../../src/shard/shard.ts';

const all = { start: 0n, end: 2n ** 128n - 1n };
const shard = (shardId: string, more: Partial<Shard> = {}): Shard => ({
  shardId,
  hashRange: all,
  startingSequenceNumber: toSequenceNumber('1'),
  ...more,
});

/** A follower of a stream whose listing is told, and how often it was asked. */
function follow(list: () => readonly Shard[] | Promise<readonly Shard[]>): {
  follower: ShardFollower;
  clock: ManualClock;
  asked: () => number;
  maps: ShardMap[];
} {
  const clock = createManualClock();
  const maps: ShardMap[] = [];
  let asked = 0;
  const listShards = async (): Promise<readonly Shard[]> => {
    asked++;
    return list();
  };
  const onChange = (map: ShardMap): void => void maps.push(map);
  const follower = new ShardFollower({ stream: 's', lister: { listShards }, clock, onChange });
  return { follower, clock, asked: () => asked, maps };
}

test('the shards are asked for when first needed, and then once a minute while somebody looks', async () => {
  const { follower, clock, asked, maps } = follow(() => [shard('a')]);
  expect(asked()).toBe(0);
  expect(follower.map).toBeUndefined();
  await clock.settle();
  expect(follower.map?.shards).toHaveLength(1);
  await clock.advance(59_999);
  expect(follower.map).toBeDefined();
  expect(asked()).toBe(1);
  await clock.advance(1);
  expect(follower.map).toBeDefined();
  await clock.settle();
  expect(asked()).toBe(2);
  // Nothing has changed, so nobody is told.
  expect(maps).toHaveLength(1);
});

test('evidence that the map is wrong has it asked for at once, and only once at a time', async () => {
  let shards = [shard('a')];
  const { follower, asked, maps } = follow(() => shards);
  await follower.refresh();
  shards = [
    shard('a', { endingSequenceNumber: toSequenceNumber('9') }),
    shard('b', { parentShardId: 'a', hashRange: { start: 0n, end: 99n } }),
    shard('c', { parentShardId: 'a', hashRange: { start: 100n, end: all.end } }),
  ];
  await Promise.all([follower.refresh(), follower.refresh()]);
  expect(asked()).toBe(2);
  expect(maps).toHaveLength(2);
  expect(follower.map?.shardFor(100n)?.shardId).toBe('c');
  // Closed shards are remembered: records that went there are judged by their range.
  expect(follower.rangeOf('a')).toEqual(all);
  expect(follower.rangeOf('d')).toBeUndefined();
});

test('while it cannot be asked the last good map stays, and each next question waits longer', async () => {
  let fails = false;
  const { follower, clock, asked, maps } = follow(() => {
    if (fails) throw new Error('reset');
    return [shard('a')];
  });
  await follower.refresh();
  fails = true;
  for (let second = 0; second < 120; second++) {
    await follower.refresh();
    await clock.advance(1000);
  }
  expect(follower.map?.shards).toHaveLength(1);
  expect(asked()).toBeGreaterThan(4);
  expect(asked()).toBeLessThan(40);
  expect(maps).toHaveLength(1);
});
