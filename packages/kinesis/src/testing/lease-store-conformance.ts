import assert from 'node:assert/strict';

import { isMillraceError } from '../errors.ts';
import type { Checkpoint } from '../lease/checkpoint.ts';
import type { Lease } from '../lease/lease.ts';
import { MAX_HASH_KEY } from '../record/hash-key.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import { guarantee, holder, leaseOf, numbered, taken, type LeaseStoreGuarantee } from './lease-guarantee.ts';
import { leaseHandOffGuarantees } from './lease-hand-off-conformance.ts';

/**
 * What the workers rely on, as a suite for whatever test runner you use. Run it against your own `LeaseStore`.
 *
 * @example
 * ```ts
 * for (const { name, run } of leaseStoreGuarantees) test(name, () => run(() => createPostgresLeaseStore(pool)));
 * ```
 */
export const leaseStoreGuarantees: readonly LeaseStoreGuarantee[] = [
  guarantee('a store may be prepared again, and by many workers at once', async (store) => {
    await Promise.all([store.prepare(), store.prepare(), store.prepare()]);
    assert.deepEqual(await store.list(), []);
  }),

  guarantee('a lease is read back as it was created, to the last digit', async (store) => {
    const lease = leaseOf('shardId-000000000007', {
      owner: 'worker-a',
      counter: 41,
      ownerSwitchesSinceCheckpoint: 3,
      checkpoint: { sequenceNumber: toSequenceNumber('9'.repeat(129)), subSequenceNumber: 17 },
      parentShardIds: ['shardId-000000000001', 'shardId-000000000002'],
      childShardIds: ['shardId-000000000011'],
      hashRange: { start: 1n, end: MAX_HASH_KEY },
      checkpointOwner: 'worker-b',
      handsOver: 'worker-a',
      streamIdentifier: '123456789012:orders:1767225600',
      parked: new Map([
        ['ключ', numbered('9'.repeat(129), 3)],
        ['__proto__', numbered('7')],
        ['two:colons\nand a line', numbered('8')],
      ]),
    });
    assert.equal(await store.create(lease), true);
    assert.deepEqual(sorted(await store.get(lease.leaseKey)), sorted(lease));
    assert.deepEqual((await store.list()).map(sorted), [sorted(lease)]);
  }),

  guarantee('what a lease does not have stays absent', async (store) => {
    await store.create(leaseOf('a'));
    assert.deepEqual(await store.get('a'), leaseOf('a'));
  }),

  guarantee('the start time of a lease that waits at one is kept to the millisecond', async (store) => {
    const lease = leaseOf('a', { checkpoint: atTimestamp, startAt: 1_767_225_600_123 });
    await store.create(lease);
    assert.deepEqual(await store.get('a'), lease);
  }),

  guarantee(
    'a lease at the newest record is given a time to start from, which later heartbeats keep',
    async (store) => {
      const mine = await taken(store, leaseOf('a', { checkpoint: latest }), 'worker-a');
      const pinned = await store.checkpoint(mine, latest, { startAt: 5 });
      assert.deepEqual(
        pinned,
        leaseOf('a', { ...holder('worker-a'), counter: 2, checkpoint: latest, startAt: 5 }),
      );
      assert.equal((await store.checkpoint(pinned ?? mine, latest))?.startAt, 5);
    },
  ),

  guarantee('a lease is created once, and the second attempt changes nothing', async (store) => {
    assert.equal(await store.create(leaseOf('a', { owner: 'first' })), true);
    assert.equal(await store.create(leaseOf('a', { owner: 'second' })), false);
    assert.equal((await store.get('a'))?.owner, 'first');
  }),

  guarantee('a listing names every lease', async (store) => {
    const keys = Array.from({ length: 60 }, (_, index) => `shardId-${String(index).padStart(12, '0')}`);
    await Promise.all(keys.map((key) => store.create(leaseOf(key))));
    assert.deepEqual((await store.list()).map((lease) => lease.leaseKey).toSorted(), keys);
  }),

  guarantee('a lease that is not there can be asked for, but not written to', async (store) => {
    const ghost = leaseOf('ghost', { owner: 'worker-a' });
    assert.equal(await store.get('ghost'), undefined);
    assert.equal(await store.renew(ghost), undefined);
    assert.equal(await store.take(ghost, 'worker-b'), undefined);
    assert.equal(await store.checkpoint(ghost, numbered('5')), undefined);
    assert.equal(await store.release(ghost), false);
    await store.delete('ghost');
    assert.deepEqual(await store.list(), []);
  }),

  guarantee('a deleted lease is gone and may be created anew', async (store) => {
    await store.create(leaseOf('a'));
    await store.delete('a');
    assert.equal(await store.get('a'), undefined);
    assert.equal(await store.create(leaseOf('a')), true);
  }),

  guarantee('taking makes the owner, moves the counter and counts a change of owner', async (store) => {
    const first = await taken(store, leaseOf('a'), 'worker-a');
    assert.deepEqual(first, leaseOf('a', { ...holder('worker-a'), counter: 1 }));
    const second = await taken(store, first, 'worker-b');
    assert.deepEqual(
      second,
      leaseOf('a', { ...holder('worker-b'), counter: 2, ownerSwitchesSinceCheckpoint: 1 }),
    );
    const again = await store.take(second, 'worker-b');
    assert.equal(again?.ownerSwitchesSinceCheckpoint, 1);
    assert.deepEqual(await store.get('a'), again);
  }),

  guarantee('of many workers that take a lease at once exactly one gets it', async (store) => {
    await store.create(leaseOf('a'));
    const workers = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(workers.map((worker) => store.take(leaseOf('a'), worker)));
    const winners = answers.filter((answer) => answer !== undefined);
    assert.equal(winners.length, 1);
    assert.deepEqual(await store.get('a'), winners[0]);
  }),

  guarantee('a heartbeat moves the counter and nothing else', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const renewed = await store.renew(mine);
    assert.deepEqual(renewed, { ...mine, counter: mine.counter + 1 });
    assert.deepEqual(await store.get('a'), renewed);
  }),

  guarantee('a worker that lost its lease can neither renew, checkpoint nor release it', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const theirs = await store.take(mine, 'worker-b');
    assert.equal(await store.renew(mine), undefined);
    assert.equal(await store.checkpoint(mine, numbered('5')), undefined);
    assert.equal(await store.release(mine), false);
    assert.deepEqual(await store.get('a'), theirs);
  }),

  guarantee(
    'a checkpoint is stored, is a heartbeat, and forgets owner changes and start time',
    async (store) => {
      const lease = leaseOf('a', { checkpoint: atTimestamp, startAt: 5, ownerSwitchesSinceCheckpoint: 2 });
      const mine = await taken(store, lease, 'worker-a');
      const done = await store.checkpoint(mine, numbered('123456789012345678901234567890', 4));
      assert.deepEqual(
        done,
        leaseOf('a', {
          ...holder('worker-a'),
          counter: 2,
          checkpoint: numbered('123456789012345678901234567890', 4),
        }),
      );
      assert.deepEqual(await store.get('a'), done);
    },
  ),

  guarantee('the checkpoint at the end of a shard stores its children, and they stay', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const ended = await store.checkpoint(mine, shardEnd, { childShardIds: ['b', 'c'] });
    assert.deepEqual(ended?.checkpoint, shardEnd);
    assert.deepEqual([...(ended?.childShardIds ?? [])].toSorted(), ['b', 'c']);
    const again = await store.checkpoint(ended ?? mine, shardEnd);
    assert.equal(await store.release(again ?? mine), true);
    assert.deepEqual([...((await store.get('a'))?.childShardIds ?? [])].toSorted(), ['b', 'c']);
  }),

  guarantee(
    'a released lease is nobody\u2019s, keeps its checkpoint and can be taken at once',
    async (store) => {
      const mine = await taken(store, leaseOf('a'), 'worker-a');
      const done = (await store.checkpoint(mine, numbered('7'))) ?? mine;
      assert.equal(await store.release(done), true);
      const free = await store.get('a');
      assert.deepEqual(free, leaseOf('a', { counter: done.counter + 1, checkpoint: numbered('7') }));
      assert.equal(await store.renew(done), undefined);
      assert.equal(await store.checkpoint(done, numbered('8')), undefined);
      assert.equal((await store.take(free ?? done, 'worker-b'))?.owner, 'worker-b');
    },
  ),

  guarantee(
    'a write whose answer was lost is recognised when tried again, and is done anew',
    async (store) => {
      await store.create(leaseOf('a'));
      await store.take(leaseOf('a'), 'worker-a');
      const mine = (await store.take(leaseOf('a'), 'worker-a')) ?? assert.fail();
      assert.deepEqual(mine, leaseOf('a', { ...holder('worker-a'), counter: 2 }));
      await store.renew(mine);
      const renewed = (await store.renew(mine)) ?? assert.fail();
      assert.deepEqual(renewed, { ...mine, counter: 4 });
      await store.checkpoint(renewed, numbered('7'), { childShardIds: ['b'] });
      const done =
        (await store.checkpoint(renewed, numbered('7'), { childShardIds: ['b'] })) ?? assert.fail();
      assert.deepEqual(done, { ...mine, counter: 6, checkpoint: numbered('7'), childShardIds: ['b'] });
      assert.deepEqual(await store.get('a'), done);
      assert.equal(await store.release(done), true);
      const free = await store.get('a');
      assert.equal(await store.release(done), true);
      assert.deepEqual(await store.get('a'), free);
    },
  ),

  guarantee('a take-over whose answer was lost counts one change of owner', async (store) => {
    const theirs = await taken(store, leaseOf('a'), 'worker-b');
    await store.take(theirs, 'worker-a');
    assert.equal((await store.take(theirs, 'worker-a'))?.ownerSwitchesSinceCheckpoint, 1);
  }),

  guarantee(
    'a checkpoint or release after a heartbeat whose answer was lost is still written',
    async (store) => {
      const mine = await taken(store, leaseOf('a'), 'worker-a');
      await store.renew(mine);
      const done = (await store.checkpoint(mine, numbered('7'))) ?? assert.fail();
      assert.equal(done.counter, mine.counter + 2);
      assert.deepEqual((await store.get('a'))?.checkpoint, numbered('7'));
      await store.renew(done);
      assert.equal(await store.release(done), true);
      assert.equal((await store.get('a'))?.owner, undefined);
    },
  ),

  guarantee('a lease seen two writes ago is too old to write with', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const later = await store.renew((await store.renew(mine)) ?? mine);
    assert.equal(await store.renew(mine), undefined);
    assert.equal(await store.checkpoint(mine, numbered('7')), undefined);
    assert.equal(await store.release(mine), false);
    assert.equal(await store.take(mine, 'worker-b'), undefined);
    assert.deepEqual(await store.get('a'), later);
  }),

  guarantee('parked keys stay with the lease until a checkpoint brings others or none', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const parked = new Map([['ada', numbered('7', 2)]]);
    const first = (await store.checkpoint(mine, numbered('7', 2), { parked })) ?? assert.fail();
    assert.deepEqual(first.parked, parked);
    const second = (await store.checkpoint(first, numbered('8'))) ?? assert.fail();
    assert.deepEqual(second.parked, parked);
    assert.equal(await store.release(second), true);
    assert.deepEqual((await store.get('a'))?.parked, parked);
    const taker = (await store.take((await store.get('a')) ?? second, 'worker-b')) ?? assert.fail();
    assert.deepEqual(taker.parked, parked);
    const third = (await store.checkpoint(taker, numbered('9'), { parked: new Map() })) ?? assert.fail();
    assert.equal(third.parked, undefined);
    assert.deepEqual(await store.get('a'), third);
  }),

  guarantee('that no key is parked is kept only where nothing is handled yet', async (store) => {
    let lease = await taken(store, leaseOf('a'), 'worker-a');
    const none = new Map();
    for (const [checkpoint, parked, after] of [
      [lease.checkpoint, none, none],
      [lease.checkpoint, 'inherited', undefined],
      [lease.checkpoint, none, none],
      [numbered('7'), undefined, undefined],
    ] as const) {
      lease = (await store.checkpoint(lease, checkpoint, parked && { parked })) ?? assert.fail();
      assert.deepEqual([lease.parked, await store.get('a')], [after, lease]);
    }
  }),

  guarantee(
    'what is given to a store or comes from it can be changed without changing the lease',
    async (store) => {
      const parentShardIds = ['p'];
      await store.create(leaseOf('a', { parentShardIds }));
      parentShardIds.push('q');
      const [listed = assert.fail()] = await store.list();
      Object.assign(listed, { owner: 'thief' });
      Object.assign(listed.checkpoint, { subSequenceNumber: 99 });
      assert.deepEqual(await store.get('a'), leaseOf('a', { parentShardIds: ['p'] }));
    },
  ),

  guarantee('neither an empty key nor an empty owner is accepted', async (store) => {
    await refused(store.create(leaseOf('')));
    await refused(store.create(leaseOf('a', { owner: '' })));
    await store.create(leaseOf('a'));
    await refused(store.take(leaseOf('a'), ''));
    assert.deepEqual(await store.list(), [leaseOf('a')]);
  }),

  ...leaseHandOffGuarantees,
];

const latest: Checkpoint = { sequenceNumber: 'LATEST', subSequenceNumber: 0 };
const atTimestamp: Checkpoint = { sequenceNumber: 'AT_TIMESTAMP', subSequenceNumber: 0 };
const shardEnd: Checkpoint = { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 };

/** Parents and children are sets: a store may keep them in any order. */
function sorted(lease: Lease | undefined): Lease | undefined {
  return (
    lease && {
      ...lease,
      parentShardIds: lease.parentShardIds.toSorted(),
      childShardIds: lease.childShardIds.toSorted(),
    }
  );
}

async function refused(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => isMillraceError(error, 'OPTION_INVALID'));
}
