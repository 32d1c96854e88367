import assert from 'node:assert/strict';

import { guarantee, holder, leaseOf, numbered, taken, type LeaseStoreGuarantee } from './lease-guarantee.ts';

/** Of the way a lease goes from one worker to another while both run. */
export const leaseHandOffGuarantees: readonly LeaseStoreGuarantee[] = [
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

  guarantee('a release that meets a hand-off hands over', async (store) => {
    await store.create(leaseOf('a', { owner: 'new', checkpointOwner: 'old', counter: 9 }));
    assert.equal(await store.release(leaseOf('a', { owner: 'old', counter: 9 })), true);
    assert.equal((await store.get('a'))?.owner, 'new');
    assert.equal((await store.get('a'))?.checkpointOwner, undefined);
  }),
];
