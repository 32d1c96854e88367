import { MillraceError } from '@millrace/kinesis';
import type { Lease, LeaseStore } from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { HeldLease } from '../../src/consumer/held-lease.ts';
import { Parking } from '../../src/process/index.ts';

const fresh: Lease = {
  leaseKey: 'shardId-000000000000',
  shardId: 'shardId-000000000000',
  counter: 0,
  ownerSwitchesSinceCheckpoint: 0,
  checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
  parentShardIds: [],
  childShardIds: [],
};

interface Setup {
  readonly clock: ManualClock;
  readonly store: LeaseStore;
  readonly held: HeldLease;
  readonly losses: number[];
  readonly asked: number[];
  readonly stored: () => Promise<Lease | undefined>;
}

async function hold(wrap: (store: LeaseStore) => LeaseStore = (store) => store): Promise<Setup> {
  const clock = createManualClock();
  const store = createMemoryLeaseStore();
  await store.create(fresh);
  const lease = await store.take(fresh, 'me');
  if (lease === undefined) throw new Error('not taken');
  const losses: number[] = [];
  const asked: number[] = [];
  const held = new HeldLease(wrap(store), lease, {
    clock,
    durationMs: 3000,
    takenAt: clock.monotonic(),
    parking: () => new Parking(),
    before: new Map(),
    onLost: () => losses.push(clock.monotonic()),
    onAsked: () => asked.push(clock.monotonic()),
  });
  return { clock, store, held, losses, asked, stored: () => store.get(fresh.leaseKey) };
}

const at = (number: number, sub = 0) => ({
  sequenceNumber: toSequenceNumber(String(number)),
  subSequenceNumber: sub,
});

test('a beat stores progress as a checkpoint, and renews when there is none: one write either way', async () => {
  const { held, stored } = await hold();
  await held.beat();
  expect(await stored()).toMatchObject({ counter: 2, checkpoint: { sequenceNumber: 'TRIM_HORIZON' } });
  held.handled(at(7, 3));
  await held.beat();
  expect(await stored()).toMatchObject({ counter: 3, checkpoint: at(7, 3) });
  await held.beat();
  expect(await stored()).toMatchObject({ counter: 4, checkpoint: at(7, 3) });
});

test('a lease somebody else has taken is lost for good, and its progress is never stored', async () => {
  const { held, store, stored, losses } = await hold();
  const seen = await stored();
  if (seen !== undefined) await store.take(seen, 'other');
  held.handled(at(9));
  await held.beat();
  expect(held.held).toBe(false);
  expect(losses).toHaveLength(1);
  await held.release();
  expect(await held.finish([])).toBe(false);
  expect(await stored()).toMatchObject({ owner: 'other', checkpoint: { sequenceNumber: 'TRIM_HORIZON' } });
  expect(losses).toHaveLength(1);
});

test('a holder that slept through the lease duration notices before it acts', async () => {
  const { held, clock, stored, losses } = await hold();
  await clock.advance(2999);
  expect(held.held).toBe(true);
  await clock.advance(1);
  expect(held.held).toBe(false);
  expect(losses).toEqual([3000]);
  held.handled(at(1));
  await held.beat();
  expect(await stored()).toMatchObject({ counter: 1 });
});

test('a store that fails for a while costs nothing, one that fails for a lease duration costs the lease', async () => {
  let broken = true;
  const down = new MillraceError('SERVICE_FAILED', 'Down.', { advice: 'Wait.', retryable: true });
  const { held, clock, losses } = await hold((store) => ({
    ...store,
    renew: (lease) => (broken ? Promise.reject(down) : store.renew(lease)),
  }));
  await clock.advance(1000);
  await held.beat();
  await clock.advance(1000);
  broken = false;
  await held.beat();
  expect(held.held).toBe(true);
  broken = true;
  for (let beat = 0; beat < 3; beat++) {
    await clock.advance(1000);
    await held.beat();
  }
  expect(held.held).toBe(false);
  expect(losses).toHaveLength(1);
});

test('an answer that took longer than the lease lasts proves nothing', async () => {
  const { held, clock } = await hold((store) => ({
    ...store,
    renew: async (lease) => {
      const renewed = await store.renew(lease);
      await clock.advance(3500);
      return renewed;
    },
  }));
  await held.beat();
  expect(held.held).toBe(false);
});

test('a checkpoint never goes back', async () => {
  const { held, stored } = await hold();
  held.handled(at(10));
  await held.beat();
  held.handled(at(9));
  await held.beat();
  expect(await stored()).toMatchObject({ checkpoint: at(10) });
});

test('progress made while a write is under way is stored by the next one', async () => {
  const { held, stored } = await hold();
  held.handled(at(1));
  const first = held.beat();
  held.handled(at(2));
  await first;
  await held.beat();
  expect(await stored()).toMatchObject({ checkpoint: at(2) });
});

test('release stores the last progress and leaves the lease without an owner, for anybody to take', async () => {
  const { held, stored, losses } = await hold();
  held.handled(at(5, 1));
  await held.release();
  expect(await stored()).toMatchObject({ checkpoint: at(5, 1), counter: 3 });
  expect((await stored())?.owner).toBeUndefined();
  expect(held.held).toBe(false);
  await held.release();
  expect(losses).toHaveLength(0);
});

test('a finished shard is marked with its end and its children', async () => {
  const { held, stored } = await hold();
  expect(await held.finish(['shardId-000000000001', 'shardId-000000000002'])).toBe(true);
  expect(await stored()).toMatchObject({
    checkpoint: { sequenceNumber: 'SHARD_END' },
    childShardIds: ['shardId-000000000001', 'shardId-000000000002'],
  });
});

test('a holder that is asked to hand over learns of it once, goes on, and its release hands over', async () => {
  const { held, store, stored, asked, losses } = await hold();
  const seen = await stored();
  if (seen !== undefined) await store.requestHandOff(seen, 'other');
  held.handled(at(4));
  await held.beat();
  await held.beat();
  expect(asked).toHaveLength(1);
  expect(held.held).toBe(true);
  held.handled(at(5));
  await held.release();
  expect(losses).toEqual([]);
  expect(await stored()).toMatchObject({ owner: 'other', checkpoint: at(5) });
  expect(await stored()).not.toHaveProperty('checkpointOwner');
});

test('a beat after the end of the shard, whose answer was lost, does not take the end back', async () => {
  let lose = false;
  const losing = (store: LeaseStore): LeaseStore => ({
    ...store,
    async checkpoint(...given) {
      const answer = await store.checkpoint(...given);
      if (!lose) return answer;
      lose = false;
      throw new MillraceError('ENDPOINT_UNREACHABLE', 'The answer was lost.', {
        advice: 'Try again.',
        retryable: true,
      });
    },
  });
  const { held, stored } = await hold(losing);
  held.handled(at(7));
  lose = true;
  await expect(held.finish(['left', 'right'])).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  await held.beat();
  const ended = { checkpoint: { sequenceNumber: 'SHARD_END' }, childShardIds: ['left', 'right'] };
  expect(await stored()).toMatchObject(ended);
  expect(await held.finish(['left', 'right'])).toBe(true);
  expect(await stored()).toMatchObject(ended);
});
