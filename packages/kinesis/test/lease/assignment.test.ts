import {
  parentsFinished,
  planAssignment,
  type Assignment,
  type AssignmentInput,
  type Lease,
  type Observation,
} from '@millrace/kinesis/lease';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

const leaseDurationMs = 10_000;

interface Seen {
  readonly owner?: string;
  /** For how long it has not changed. Default 0. */
  readonly unchangedMs?: number;
  readonly parents?: readonly string[];
  readonly ended?: boolean;
  readonly checkpointOwner?: string;
  /** Whether its owner promised to hand over. Default false, as a Java worker. */
  readonly promised?: boolean;
}

function observationOf(leases: Readonly<Record<string, Seen>>): Observation {
  return new Map(
    Object.entries(leases).map(
      ([key, { owner, unchangedMs = 0, parents = [], ended = false, checkpointOwner, promised = false }]) => [
        key,
        {
          since: 0,
          until: unchangedMs,
          lease: {
            leaseKey: key,
            shardId: key,
            counter: 1,
            ...(owner !== undefined && { owner }),
            ...(checkpointOwner !== undefined && { checkpointOwner }),
            ...(promised && owner !== undefined && { handsOver: owner }),
            ownerSwitchesSinceCheckpoint: 0,
            checkpoint: { sequenceNumber: ended ? 'SHARD_END' : 'TRIM_HORIZON', subSequenceNumber: 0 },
            parentShardIds: parents,
            childShardIds: [],
          } satisfies Lease,
        },
      ],
    ),
  );
}

function plan(leases: Readonly<Record<string, Seen>>, options: Partial<AssignmentInput> = {}): Assignment {
  const mine = Object.entries(leases).filter(([, { owner }]) => owner === 'me');
  return planAssignment({
    observation: observationOf(leases),
    me: 'me',
    held: new Set(mine.map(([key]) => key)),
    leaseDurationMs,
    random: randomOf(1),
    ...options,
  });
}

function randomOf(seed: number): () => number {
  const clock = createManualClock({ seed });
  return () => clock.random();
}

/** `count` leases with keys of that prefix. */
function many(prefix: string, count: number, seen: Seen): Readonly<Record<string, Seen>> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, seen]));
}

const keys = (leases: readonly Lease[]): readonly string[] =>
  leases.map(({ leaseKey }) => leaseKey).toSorted();

describe('taking', () => {
  test('a worker that is alone takes everything', () => {
    expect(keys(plan(many('s', 5, {})).take)).toEqual(['s0', 's1', 's2', 's3', 's4']);
  });

  test('a worker takes no more than its share while others are alive', () => {
    const seen = plan({ ...many('theirs', 3, { owner: 'other' }), ...many('free', 4, {}) });
    expect(seen).toMatchObject({ workers: 2, target: 4, steal: [] });
    expect(seen.take.length).toBe(4);
    const third = plan({
      ...many('a', 3, { owner: 'a' }),
      ...many('b', 3, { owner: 'b' }),
      ...many('free', 4, {}),
    });
    expect(third).toMatchObject({ workers: 3, target: 4 });
    expect(third.take.length).toBe(4);
    const modest = plan({ ...many('a', 2, { owner: 'a' }), mine: { owner: 'me' }, ...many('free', 4, {}) });
    expect(modest.take.length).toBe(3);
  });

  test('with more workers than leases each aims at one', () => {
    expect(plan({ a: { owner: 'a' }, b: { owner: 'b' } })).toMatchObject({ target: 1, take: [], steal: [] });
  });

  test('the leases of an owner that stopped renewing are taken, and it counts as a worker no more', () => {
    const seen = plan({ ...many('dead', 3, { owner: 'dead', unchangedMs: 10_001 }), mine: { owner: 'me' } });
    expect(seen).toMatchObject({ workers: 1, target: 4 });
    expect(keys(seen.take)).toEqual(['dead0', 'dead1', 'dead2']);
  });

  test('a worker that has its share still takes over when others die: nothing converged stays unowned', () => {
    const seen = plan({
      ...many('mine', 3, { owner: 'me' }),
      ...many('alive', 3, { owner: 'alive' }),
      ...many('dead', 3, { owner: 'dead', unchangedMs: 11_000 }),
    });
    expect(seen.target).toBe(5);
    expect(seen.take.length).toBe(2);
  });

  test('what nobody took for three durations is taken whatever the target', () => {
    const crowd = { ...many('mine', 5, { owner: 'me' }), other: { owner: 'other' } };
    expect(plan({ ...crowd, free: { unchangedMs: 30_000 } }).take).toEqual([]);
    expect(keys(plan({ ...crowd, free: { unchangedMs: 30_001 } }).take)).toEqual(['free']);
    expect(keys(plan({ ...crowd, free: { unchangedMs: 30_001, owner: 'dead' } }).take)).toEqual(['free']);
  });

  test('a lease that bears this worker\u2019s name but is not held is taken back at once', () => {
    const seen = plan({ a: { owner: 'me' }, b: { owner: 'me' } }, { held: new Set(['a']) });
    expect(keys(seen.take)).toEqual(['b']);
  });

  test('a lease that was handed over to this worker is taken even beyond its share, for nobody else will', () => {
    const shared = { a: { owner: 'me' }, b: { owner: 'me' }, d: { owner: 'java' } };
    const seen = plan({ ...shared, c: { owner: 'me' } }, { held: new Set(['a', 'b']) });
    expect(keys(seen.take)).toEqual(['c']);
    const full = plan({ ...shared, c: { owner: 'me' } }, { held: new Set(['a', 'b']), maxLeases: 2 });
    expect(full.take).toEqual([]);
  });

  test('maxLeases is never passed, not for neglected leases either, and what it leaves is told', () => {
    const seen = plan({ ...many('mine', 2, { owner: 'me' }), ...many('free', 4, {}) }, { maxLeases: 3 });
    expect(seen.take.length).toBe(1);
    expect(seen.spillover.length).toBe(3);
    const neglected = many('old', 4, { unchangedMs: 99_000 });
    expect(plan({ ...many('mine', 3, { owner: 'me' }), ...neglected }, { maxLeases: 3 }).take).toEqual([]);
  });
});

const ours = (owner: string): Seen => ({ owner, promised: true });

describe('asking', () => {
  test('in a fleet of ours the loaded worker is asked and nothing is stolen', () => {
    const seen = plan({ ...many('a', 3, ours('a')), ...many('b', 9, ours('b')) });
    expect(seen.ask.map(({ owner }) => owner)).toEqual(['b']);
    expect(seen.steal).toEqual([]);
  });

  test('with one Java worker alive nobody is asked', () => {
    const seen = plan({ ...many('java', 1, { owner: 'java' }), ...many('b', 9, ours('b')) });
    expect(seen.ask).toEqual([]);
    expect(seen.steal.map(({ owner }) => owner)).toEqual(['b']);
  });

  test('a Java worker that died does not keep ours from asking', () => {
    const dead = many('java', 1, { owner: 'java', unchangedMs: 10_001 });
    expect(keys(plan({ ...dead, ...many('b', 9, ours('b')) }).take)).toEqual(['java0']);
  });

  test('a lease on its way to this worker counts as its own, and no more are asked for meanwhile', () => {
    const onItsWay: Seen = { owner: 'me', checkpointOwner: 'b', promised: true };
    const seen = plan({ ...many('b', 3, ours('b')), c: onItsWay, d: onItsWay }, { held: new Set() });
    expect(seen).toMatchObject({ take: [], ask: [], steal: [] });
  });

  test('a lease on its way from a worker that died is taken', () => {
    const stuck: Seen = { owner: 'me', checkpointOwner: 'b', promised: true, unchangedMs: 10_001 };
    expect(keys(plan({ stuck }, { held: new Set() }).take)).toEqual(['stuck']);
  });

  test('a lease this worker is handing to another is the other\u2019s already', () => {
    const leaving: Seen = { owner: 'b', checkpointOwner: 'me', promised: true };
    const seen = plan(
      { ...many('mine', 2, ours('me')), ...many('b', 1, ours('b')), leaving },
      { held: new Set(['mine0', 'mine1', 'leaving']) },
    );
    expect(seen).toMatchObject({ target: 2, take: [], ask: [], steal: [] });
  });
});

describe('stealing', () => {
  test('nothing is stolen while something is free', () => {
    const seen = plan({ ...many('theirs', 9, { owner: 'other' }), free: {} });
    expect(keys(seen.take)).toEqual(['free']);
    expect(seen.steal).toEqual([]);
  });

  test('one lease at a time comes from the worker that has the most', () => {
    const seen = plan({ ...many('a', 3, { owner: 'a' }), ...many('b', 9, { owner: 'b' }) });
    expect(seen.target).toBe(4);
    expect(seen.steal.map(({ owner }) => owner)).toEqual(['b']);
  });

  test('as many as told, but never so many that the other falls below the target', () => {
    const theirs = many('b', 6, { owner: 'b' });
    expect(plan(theirs, { maxSteals: 2 }).steal.length).toBe(2);
    expect(plan(theirs, { maxSteals: 99 }).steal.length).toBe(3);
    expect(plan(theirs, { maxSteals: 0 }).steal).toEqual([]);
  });

  test('a difference of one is left alone, a difference of two is not', () => {
    const three = {
      ...many('a', 3, { owner: 'a' }),
      ...many('b', 3, { owner: 'b' }),
      ...many('c', 3, { owner: 'c' }),
    };
    expect(plan({ ...three, ...many('m', 2, { owner: 'me' }) }).steal).toEqual([]);
    expect(plan({ ...three, ...many('m', 1, { owner: 'me' }) }).steal.length).toBe(1);
  });

  test('a worker at its maxLeases does not steal', () => {
    expect(plan({ ...many('b', 9, { owner: 'b' }), m: { owner: 'me' } }, { maxLeases: 1 }).steal).toEqual([]);
  });

  test('a lease that is being handed over is left alone', () => {
    expect(plan(many('b', 6, { owner: 'b', checkpointOwner: 'a' })).steal).toEqual([]);
  });
});

describe('a shard whose parents are not finished', () => {
  test('is neither taken nor counted', () => {
    const seen = plan({ parent: { owner: 'other' }, child: { parents: ['parent'] }, mine: { owner: 'me' } });
    expect(seen).toMatchObject({ take: [], steal: [], target: 1 });
  });

  test('waits for both parents of a merge', () => {
    const merge = { left: { ended: true }, right: { owner: 'other' }, child: { parents: ['left', 'right'] } };
    expect(plan(merge).take).toEqual([]);
    expect(keys(plan({ ...merge, right: { ended: true } }).take)).toEqual(['child']);
  });

  test('is taken when its parents were trimmed or cleaned up', () => {
    expect(keys(plan({ child: { parents: ['long-gone'] } }).take)).toEqual(['child']);
  });

  test('has not been neglected while it waited', () => {
    // Seen for an hour, but its parent ended only now: it goes by the target, not to whoever looks first.
    const leases = {
      ...many('mine', 3, { owner: 'me' }),
      ...many('theirs', 2, { owner: 'other' }),
      parent: { ended: true, unchangedMs: 0 },
      child: { parents: ['parent'], unchangedMs: 3_600_000 },
    };
    expect(plan(leases).take).toEqual([]);
    expect(keys(plan({ ...leases, parent: { ended: true, unchangedMs: 31_000 } }).take)).toEqual(['child']);
  });

  test('an ended shard is nobody\u2019s work any more', () => {
    expect(plan({ done: { ended: true }, mine: { owner: 'me' } })).toMatchObject({ take: [], target: 1 });
  });

  test('is recognised by the leases of its parents', () => {
    const leases = observationOf({ a: { ended: true }, b: {} });
    const leaseOf = (id: string): Lease | undefined => leases.get(id)?.lease;
    const [child] = observationOf({ c: { parents: ['a', 'b', 'absent'] } }).values();
    expect(child && parentsFinished(child.lease, leaseOf)).toBe(false);
    expect(child && parentsFinished({ ...child.lease, parentShardIds: ['a', 'absent'] }, leaseOf)).toBe(true);
  });
});

describe('chance', () => {
  test('the same random numbers give the same plan, others another', () => {
    const leases = { ...many('free', 40, {}), ...many('theirs', 40, { owner: 'other' }) };
    const withSeed = (seed: number): readonly string[] =>
      plan(leases, { random: randomOf(seed) }).take.map(({ leaseKey }) => leaseKey);
    expect(withSeed(1)).toEqual(withSeed(1));
    expect(withSeed(1)).not.toEqual(withSeed(2));
  });
});
