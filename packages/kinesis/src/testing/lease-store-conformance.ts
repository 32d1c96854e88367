import assert from 'node:assert/strict';

import { isMillraceError } from '../errors.ts';
import type { Checkpoint } from '../lease/checkpoint.ts';
import type { Lease } from '../lease/lease.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import { toSequenceNumber, type SequenceNumber } from '../record/sequence-number.ts';
import { MAX_HASH_KEY } from '../record/hash-key.ts';

/** One thing every lease store guarantees; `run` rejects when this one does not. */
export interface LeaseStoreGuarantee {
  /** In the present tense: "of two workers that take a lease one gets it". */
  readonly name: string;
  /** `createStore` answers a store without leases, a new one every time. */
  readonly run: (createStore: () => LeaseStore | Promise<LeaseStore>) => Promise<void>;
}

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

  guarantee(
    'in a hand-off the old owner learns of it, may go on, and hands over by its release',
    async (store) => {
      // What a Java leader leaves: the new owner named, the old one still writing, the counter untouched.
      const known = leaseOf('a', { owner: 'old', counter: 9 });
      await store.create(leaseOf('a', { owner: 'new', checkpointOwner: 'old', counter: 9 }));
      const renewed = (await store.renew(known)) ?? assert.fail();
      assert.deepEqual(renewed, leaseOf('a', { owner: 'new', checkpointOwner: 'old', counter: 10 }));
      const done = (await store.checkpoint(renewed, numbered('7'))) ?? assert.fail();
      assert.equal(await store.release(done), true);
      const handed = await store.get('a');
      assert.equal(handed?.owner, 'new');
      assert.equal(handed?.checkpointOwner, undefined);
      assert.equal(handed?.counter, 12);
      assert.equal(await store.renew(done), undefined);
    },
  ),

  guarantee(
    'in a hand-off the new owner can do nothing before the old one has handed over',
    async (store) => {
      const pending = leaseOf('a', { owner: 'new', checkpointOwner: 'old', counter: 9 });
      await store.create(pending);
      assert.equal(await store.renew(leaseOf('a', { owner: 'new', counter: 9 })), undefined);
      assert.equal(await store.release(leaseOf('a', { owner: 'new', counter: 9 })), false);
      assert.deepEqual(await store.get('a'), pending);
    },
  ),

  guarantee('taking a lease ends a hand-off that was under way', async (store) => {
    const pending = leaseOf('a', { owner: 'new', checkpointOwner: 'old', counter: 9 });
    await store.create(pending);
    const mine = await store.take(pending, 'third');
    assert.deepEqual(
      mine,
      leaseOf('a', { ...holder('third'), counter: 10, ownerSwitchesSinceCheckpoint: 1 }),
    );
    assert.deepEqual(await store.get('a'), mine);
  }),

  guarantee(
    'who promised to hand over is asked, learns of it by its heartbeat, and hands over',
    async (store) => {
      const mine = await taken(store, leaseOf('a'), 'worker-a');
      const asked = (await store.requestHandOff(mine, 'worker-b')) ?? assert.fail();
      assert.equal(asked.owner, 'worker-b');
      assert.equal(asked.checkpointOwner, 'worker-a');
      assert.equal(asked.counter, mine.counter);
      assert.deepEqual(await store.get('a'), asked);
      const renewed = (await store.renew(mine)) ?? assert.fail();
      assert.equal(renewed.checkpointOwner, 'worker-a');
      const done = (await store.checkpoint(renewed, numbered('7'))) ?? assert.fail();
      assert.equal(await store.release(done), true);
      const handed = (await store.get('a')) ?? assert.fail();
      assert.equal(handed.owner, 'worker-b');
      assert.equal(handed.checkpointOwner, undefined);
      assert.equal(handed.handsOver, 'worker-b');
      assert.equal(await store.renew(done), undefined);
      assert.equal((await store.take(handed, 'worker-b'))?.owner, 'worker-b');
    },
  ),

  guarantee('only who promised is asked, and by one worker at a time', async (store) => {
    await store.create(leaseOf('java', { owner: 'java', handsOver: 'worker-a' }));
    await store.create(leaseOf('free'));
    for (const key of ['java', 'free']) {
      const lease = (await store.get(key)) ?? assert.fail();
      assert.equal(await store.requestHandOff(lease, 'worker-b'), undefined);
      assert.deepEqual(await store.get(key), lease);
    }
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const answers = await Promise.all(['b', 'c', 'd'].map((worker) => store.requestHandOff(mine, worker)));
    const [winner = assert.fail(), ...others] = answers.filter((answer) => answer !== undefined);
    assert.deepEqual(others, []);
    assert.deepEqual(await store.get('a'), winner);
    assert.deepEqual(await store.requestHandOff(mine, winner.owner ?? ''), winner);
    const gone = leaseOf('ghost', { owner: 'worker-a', handsOver: 'worker-a' });
    assert.equal(await store.requestHandOff(gone, 'worker-b'), undefined);
  }),

  guarantee('a request taken back leaves the lease its holder’s, whose heartbeats go on', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    const asked = (await store.requestHandOff(mine, 'worker-b')) ?? assert.fail();
    assert.equal(await store.withdrawHandOff(asked, 'worker-c'), undefined);
    const knows = (await store.renew(mine)) ?? assert.fail();
    const back = (await store.withdrawHandOff(asked, 'worker-b')) ?? assert.fail();
    assert.deepEqual([back.owner, back.checkpointOwner, back.handsOver], ['worker-a', undefined, 'worker-a']);
    assert.equal(back.counter, knows.counter);
    assert.deepEqual(await store.get('a'), back);
    const renewed = (await store.renew(knows)) ?? assert.fail();
    assert.ok(await store.requestHandOff((await store.get('a')) ?? back, 'worker-c'));
    assert.equal(await store.release(renewed), true);
    assert.equal((await store.get('a'))?.owner, 'worker-c');
  }),

  guarantee('a lease handed over, or nobody’s, cannot be withdrawn from', async (store) => {
    const mine = await taken(store, leaseOf('a'), 'worker-a');
    assert.equal(await store.withdrawHandOff(mine, 'worker-a'), undefined);
    const asked = (await store.requestHandOff(mine, 'worker-b')) ?? assert.fail();
    assert.equal(await store.release(mine), true);
    const handed = (await store.get('a')) ?? assert.fail();
    assert.equal(await store.withdrawHandOff(asked, 'worker-b'), undefined);
    assert.deepEqual(await store.get('a'), handed);
    assert.equal(await store.withdrawHandOff({ ...asked, leaseKey: 'ghost' }, 'worker-b'), undefined);
    // As a Java leader writes it: the holder has promised nothing.
    const led = leaseOf('led', { owner: 'worker-b', checkpointOwner: 'java', handsOver: 'java' });
    await store.create(led);
    assert.equal(await store.withdrawHandOff(led, 'worker-b'), undefined);
    assert.deepEqual(await store.get('led'), led);
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

  guarantee('a release that meets a hand-off hands over', async (store) => {
    await store.create(leaseOf('a', { owner: 'new', checkpointOwner: 'old', counter: 9 }));
    assert.equal(await store.release(leaseOf('a', { owner: 'old', counter: 9 })), true);
    assert.equal((await store.get('a'))?.owner, 'new');
    assert.equal((await store.get('a'))?.checkpointOwner, undefined);
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
];

const latest: Checkpoint = { sequenceNumber: 'LATEST', subSequenceNumber: 0 };
const atTimestamp: Checkpoint = { sequenceNumber: 'AT_TIMESTAMP', subSequenceNumber: 0 };
const shardEnd: Checkpoint = { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 };

function guarantee(name: string, check: (store: LeaseStore) => Promise<void>): LeaseStoreGuarantee {
  return {
    name,
    async run(createStore) {
      const store = await createStore();
      await store.prepare();
      await check(store);
    },
  };
}

function leaseOf(shardId: string, other: Partial<Lease> = {}): Lease {
  return {
    leaseKey: shardId,
    shardId,
    counter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
    parentShardIds: [],
    childShardIds: [],
    ...other,
  };
}

/** What a lease says of a worker of ours that has taken it. */
function holder(worker: string): Partial<Lease> {
  return { owner: worker, handsOver: worker };
}

function numbered(
  sequenceNumber: string,
  subSequenceNumber = 0,
): { readonly sequenceNumber: SequenceNumber; readonly subSequenceNumber: number } {
  return { sequenceNumber: toSequenceNumber(sequenceNumber), subSequenceNumber };
}

/** `lease`, created if need be, in the hands of `owner`. */
async function taken(store: LeaseStore, lease: Lease, owner: string): Promise<Lease> {
  await store.create(lease);
  return (await store.take(lease, owner)) ?? assert.fail(`${owner} could not take ${lease.leaseKey}`);
}

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
