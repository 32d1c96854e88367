import {
  leasesForChildren,
  planShardSync,
  type Checkpoint,
  type Lease,
  type ShardSyncPlan,
} from '@millrace/kinesis/lease';
import { toSequenceNumber, type Position } from '@millrace/kinesis/record';
import { evenRanges, type HashRange, type Shard } from '@millrace/kinesis/shard';
import { describe, expect, test } from 'vitest';

const now = 1_767_225_600_000;
const six = evenRanges(6);

function span(from: number, to: number): HashRange {
  const [first, last] = [six[from], six[to]];
  if (first === undefined || last === undefined) throw new Error('no such part');
  return { start: first.start, end: last.end };
}

function shard(
  shardId: string,
  hashRange: HashRange,
  parents: readonly string[] = [],
  closed = false,
): Shard {
  const [parentShardId, adjacentParentShardId] = parents;
  return {
    shardId,
    hashRange,
    ...(parentShardId !== undefined && { parentShardId }),
    ...(adjacentParentShardId !== undefined && { adjacentParentShardId }),
    startingSequenceNumber: toSequenceNumber('1'),
    ...(closed && { endingSequenceNumber: toSequenceNumber('9') }),
  };
}

const checkpoints: Readonly<Record<string, Checkpoint>> = {
  oldest: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
  some: { sequenceNumber: toSequenceNumber('5'), subSequenceNumber: 0 },
  end: { sequenceNumber: 'SHARD_END', subSequenceNumber: 0 },
  time: { sequenceNumber: 'AT_TIMESTAMP', subSequenceNumber: 0 },
  now: { sequenceNumber: 'LATEST', subSequenceNumber: 0 },
};

function lease(of: Shard, at: keyof typeof checkpoints, other: Partial<Lease> = {}): Lease {
  return {
    leaseKey: of.shardId,
    shardId: of.shardId,
    counter: 3,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: checkpoints[at] as Checkpoint,
    parentShardIds: [of.parentShardId, of.adjacentParentShardId].filter((id) => id !== undefined),
    childShardIds: [],
    hashRange: of.hashRange,
    ...other,
  };
}

/** Generation by generation: 0+1 merged to 6, 2+3 to 7, 5 split into 9 and 10, 6+7 merged to 8; 4 lived through it all. */
const tree: readonly Shard[] = [
  shard('0', span(0, 0), [], true),
  shard('1', span(1, 1), [], true),
  shard('2', span(2, 2), [], true),
  shard('3', span(3, 3), [], true),
  shard('4', span(4, 4)),
  shard('5', span(5, 5), [], true),
  shard('6', span(0, 1), ['0', '1'], true),
  shard('7', span(2, 3), ['2', '3'], true),
  shard('8', span(0, 3), ['6', '7']),
  shard('9', { start: span(5, 5).start, end: span(5, 5).start + 99n }, ['5']),
  shard('10', { start: span(5, 5).start + 100n, end: span(5, 5).end }, ['5']),
];

function inTree(id: string): Shard {
  const found = tree.find(({ shardId }) => shardId === id);
  if (found === undefined) throw new Error(`no shard ${id}`);
  return found;
}

type Complete = Extract<ShardSyncPlan, { complete: true }>;

function sync(shards: readonly Shard[], leases: readonly Lease[], from: Position): Complete {
  const plan = planShardSync({ shards, leases, from, now });
  if (!plan.complete)
    throw new Error('gap' in plan ? `a gap at ${plan.gap}` : `${plan.disputed.shardId} disputed`);
  return plan;
}

/** What is created, in order: shard and where it starts. */
function created(plan: Complete): readonly string[] {
  return plan.create.map(({ shardId, checkpoint, startAt }) => {
    const at = startAt === undefined ? '' : `@${startAt === now ? 'now' : startAt}`;
    return `${shardId} ${checkpoint.sequenceNumber}${at}`;
  });
}

function removed(shards: readonly Shard[], leases: readonly Lease[]): readonly string[] {
  return sync(shards, leases, { type: 'oldest' }).remove;
}

describe('the first worker of a group', () => {
  test('from oldest leases every listed shard, parents before children', () => {
    const plan = sync(tree, [], { type: 'oldest' });
    expect(created(plan).toSorted()).toEqual(tree.map(({ shardId }) => `${shardId} TRIM_HORIZON`).toSorted());
    const order = plan.create.map(({ shardId }) => shardId);
    for (const { shardId, parentShardIds } of plan.create) {
      for (const parent of parentShardIds) expect(order.indexOf(parent)).toBeLessThan(order.indexOf(shardId));
    }
  });

  test('from now leases the open shards at the KCL’s word for it and the time it is, which does not move on', () => {
    expect(created(sync(tree, [], { type: 'now' })).toSorted()).toEqual([
      '10 LATEST@now',
      '4 LATEST@now',
      '8 LATEST@now',
      '9 LATEST@now',
    ]);
  });

  test('from a time leases every listed shard at it, since any may have been open then', () => {
    const plan = sync(tree, [], { type: 'time', at: 200 });
    expect(created(plan).toSorted()).toEqual(
      tree.map(({ shardId }) => `${shardId} AT_TIMESTAMP@200`).toSorted(),
    );
  });

  test('makes leases nobody owns, with their lineage and hash keys', () => {
    const plan = sync(tree, [], { type: 'oldest' });
    expect(plan.create.find(({ shardId }) => shardId === '8')).toEqual({
      leaseKey: '8',
      shardId: '8',
      counter: 0,
      ownerSwitchesSinceCheckpoint: 0,
      checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
      parentShardIds: ['6', '7'],
      childShardIds: [],
      hashRange: span(0, 3),
    });
  });

  test('does not mind parents that were trimmed long ago', () => {
    const young = tree.filter(({ shardId }) => !['0', '1', '2', '3', '5'].includes(shardId));
    expect(created(sync(young, [], { type: 'oldest' }))).toHaveLength(young.length);
  });

  test('cannot begin at a sequence number', () => {
    const at: Position = { type: 'after', sequenceNumber: toSequenceNumber('5') };
    expect(() => planShardSync({ shards: tree, leases: [], from: at, now })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });
});

describe('a listing that leaves hash keys out', () => {
  test('is reported with the first key nobody owns, and nothing is planned', () => {
    const holed = tree.filter(({ shardId }) => shardId !== '4');
    expect(planShardSync({ shards: holed, leases: [], from: { type: 'oldest' }, now })).toEqual({
      complete: false,
      gap: span(4, 4).start,
    });
    expect(planShardSync({ shards: [], leases: [], from: { type: 'oldest' }, now })).toEqual({
      complete: false,
      gap: 0n,
    });
  });
});

describe('a shard listed as open', () => {
  const [left, right] = evenRanges(2) as [HashRange, HashRange];
  const a = shard('a', left);
  const b = shard('b', right);
  const child = { ...lease(b, 'oldest'), leaseKey: 'c', shardId: 'c', parentShardIds: ['b'] };
  const before = { sequenceNumber: toSequenceNumber('0'), subSequenceNumber: 0 };

  test.each<[string, readonly Shard[], readonly Lease[]]>([
    ['that its lease has read to its end', [a, b], [lease(a, 'some'), lease(b, 'end')]],
    ['that has a child in the leases', [a, b], [lease(a, 'some'), lease(b, 'some'), child]],
    ['that has a child, and whose own lease is gone already', [a, b], [lease(a, 'some'), child]],
    ['that has a child in the same listing', [a, b, shard('c', right, ['b'])], []],
    ['that begins behind its own checkpoint', [a, b], [lease(b, 'some', { checkpoint: before })]],
  ])('%s is disputed, and nothing is planned', (_, shards, leases) => {
    expect(planShardSync({ shards, leases, from: { type: 'oldest' }, now })).toEqual({
      complete: false,
      disputed: b,
    });
  });
});

describe('a group at work on 4, 5 and 7', () => {
  const leases = ['4', '5', '7'].map((id) => lease(inTree(id), 'some'));
  const descendants = ['10 TRIM_HORIZON', '8 TRIM_HORIZON', '9 TRIM_HORIZON'];

  test('from oldest adds the unread half with its ancestors, and every descendant from its first record', () => {
    expect(created(sync(tree, leases, { type: 'oldest' })).toSorted()).toEqual(
      ['0 TRIM_HORIZON', '1 TRIM_HORIZON', '6 TRIM_HORIZON', ...descendants].toSorted(),
    );
  });

  test('from now adds the other parent of the merge, without its history', () => {
    expect(created(sync(tree, leases, { type: 'now' })).toSorted()).toEqual(
      ['6 LATEST@now', ...descendants].toSorted(),
    );
  });

  test('from a time adds the unread half at that time', () => {
    expect(created(sync(tree, leases, { type: 'time', at: 200 })).toSorted()).toEqual(
      ['0 AT_TIMESTAMP@200', '1 AT_TIMESTAMP@200', '6 AT_TIMESTAMP@200', ...descendants].toSorted(),
    );
  });

  test('creates nothing a second time', () => {
    const plan = sync(tree, leases, { type: 'oldest' });
    expect(created(sync(tree, [...leases, ...plan.create], { type: 'oldest' }))).toEqual([]);
  });

  test('never leases an old generation whose descendants are leased', () => {
    const open = tree
      .filter((each) => each.endingSequenceNumber === undefined)
      .map((each) => lease(each, 'some'));
    expect(created(sync(tree, open, { type: 'oldest' }))).toEqual([]);
  });
});

describe('nothing is skipped', () => {
  test('a child of a shard that was read starts at its first record, also when the group began at now', () => {
    const [left, right] = evenRanges(2) as [HashRange, HashRange];
    const shards = [
      shard('a', { start: 0n, end: right.end }, [], true),
      shard('b', left, ['a']),
      shard('c', right, ['a']),
    ];
    const plan = sync(shards, [lease(shards[0] as Shard, 'some')], { type: 'now' });
    expect(created(plan)).toEqual(['b TRIM_HORIZON', 'c TRIM_HORIZON']);
  });

  test('a lineage with trimmed shards in its middle is continued from the first record kept', () => {
    const [left, right] = evenRanges(2) as [HashRange, HashRange];
    // Between the leased a and the listed d and e lay b and c, split and gone while nobody worked.
    const known = lease(shard('a', { start: 0n, end: right.end }), 'some');
    const shards = [shard('d', left, ['b']), shard('e', right, ['c'])];
    expect(created(sync(shards, [known], { type: 'now' }))).toEqual(['d TRIM_HORIZON', 'e TRIM_HORIZON']);
  });

  test('a start from now that was interrupted is finished at the time it began', () => {
    const [left, right] = evenRanges(2) as [HashRange, HashRange];
    const shards = [shard('a', left), shard('b', right)];
    const before = lease(shards[0] as Shard, 'now', { startAt: now - 60_000 });
    expect(created(sync(shards, [before], { type: 'now' }))).toEqual([`b LATEST@${now - 60_000}`]);
  });

  test('a start from now that was interrupted reads the shard it had not come to before its children', () => {
    const [left, right] = evenRanges(2) as [HashRange, HashRange];
    const middle = (right.start + right.end) / 2n;
    const [c, d] = [
      { start: right.start, end: middle },
      { start: middle + 1n, end: right.end },
    ];
    const shards = [
      shard('a', left),
      shard('b', right, [], true),
      shard('c', c, ['b']),
      shard('d', d, ['b']),
    ];
    const before = lease(shards[0] as Shard, 'now', { startAt: now - 60_000 });
    const plan = sync(shards, [before], { type: 'now' });
    expect(created(plan)).toEqual(['b', 'c', 'd'].map((id) => `${id} LATEST@${now - 60_000}`));
    expect(plan).toMatchObject({ startsNow: false });
  });

  test('a plan says whether it begins now, which is what the service is asked the time for', () => {
    const [left, right] = evenRanges(2) as [HashRange, HashRange];
    const shards = [shard('a', left), shard('b', right)];
    const begun = lease(shards[0] as Shard, 'some');
    expect(sync(shards, [], { type: 'now' })).toMatchObject({ startsNow: true });
    expect(sync(shards, [begun], { type: 'now' })).toMatchObject({ startsNow: true });
    expect(sync(shards, [begun, lease(shards[1] as Shard, 'some')], { type: 'now' })).toMatchObject({
      startsNow: false,
    });
    expect(sync(shards, [], { type: 'oldest' })).toMatchObject({ startsNow: false });
    expect(sync(shards, [], { type: 'time', at: 5 })).toMatchObject({ startsNow: false });
  });

  test('a start from a time that was interrupted delivers nothing older', () => {
    const root = lease(inTree('5'), 'time', { startAt: 200 });
    const plan = sync(tree, [root], { type: 'time', at: 200 });
    expect(new Set(created(plan).map((line) => line.replace(/^\d+ /, '')))).toEqual(
      new Set(['AT_TIMESTAMP@200']),
    );
  });

  test('a merged child of two parents that wait starts at the earlier of their times', () => {
    const leases = [
      lease(inTree('6'), 'time', { startAt: 300 }),
      lease(inTree('7'), 'time', { startAt: 200 }),
      lease(inTree('4'), 'some'),
    ];
    expect(created(sync(tree, leases, { type: 'now' }))).toContain('8 AT_TIMESTAMP@200');
  });

  test('a merged child of one parent that waits and one that was read starts at its first record', () => {
    const leases = [
      lease(inTree('6'), 'time', { startAt: 200 }),
      lease(inTree('7'), 'some'),
      lease(inTree('4'), 'some'),
    ];
    const plan = sync(tree, leases, { type: 'time', at: 200 });
    expect(created(plan)).toContain('8 TRIM_HORIZON');
  });
});

describe('a finished shard\u2019s lease', () => {
  const [left, right] = evenRanges(2) as [HashRange, HashRange];
  const a = shard('a', { start: 0n, end: right.end }, [], true);
  const b = shard('b', left, ['a']);
  const c = shard('c', right, ['a']);

  test('goes when every child has got past its first record', () => {
    expect(removed([a, b, c], [lease(a, 'end'), lease(b, 'some'), lease(c, 'some')])).toEqual(['a']);
    const [ended, next] = [shard('c', right, ['a'], true), shard('d', right, ['c'])];
    const leases = [lease(a, 'end'), lease(b, 'some'), lease(ended, 'end'), lease(next, 'oldest')];
    expect(removed([a, b, ended, next], leases)).toEqual(['a']);
  });

  test.each(['oldest', 'time'])('stays while a child has only its start (%s)', (start) => {
    expect(removed([a, b, c], [lease(a, 'end'), lease(b, 'some'), lease(c, start)])).toEqual([]);
  });

  test('stays while a child has no lease, even one that only its own item names', () => {
    expect(removed([a, b, c], [lease(a, 'end'), lease(b, 'some')])).toEqual([]);
    const named = lease(a, 'end', { childShardIds: ['b', 'c', 'x'] });
    expect(removed([a, b, c], [named, lease(b, 'some'), lease(c, 'some')])).toEqual([]);
  });

  test('stays while a parent\u2019s is still there: the lineage goes from its oldest end', () => {
    const d = shard('d', left, ['b']);
    const leases = [lease(a, 'end'), lease(b, 'end'), lease(c, 'some'), lease(d, 'some')];
    expect(removed([a, { ...b, endingSequenceNumber: toSequenceNumber('9') }, c, d], leases)).toEqual(['a']);
  });

  test('past its retention stays while a child has its parked keys still to inherit', () => {
    const parked = new Map([['k', { sequenceNumber: toSequenceNumber('5'), subSequenceNumber: 0 }]]);
    const ended = lease(a, 'end', { parked });
    expect(removed([b, c], [ended, lease(b, 'some'), lease(c, 'oldest')])).toEqual([]);
    expect(removed([b, c], [ended, lease(b, 'some'), lease(c, 'some')])).toEqual(['a']);
  });

  test('past its retention goes as soon as its listed children have leases', () => {
    expect(removed([b, c], [lease(a, 'end'), lease(b, 'oldest'), lease(c, 'oldest')])).toEqual(['a']);
    expect(removed([b, c], [lease(a, 'end'), lease(b, 'oldest')])).toEqual([]);
  });

  test('is never one that was not read to its end', () => {
    const plan = sync([b, c], [lease(a, 'some'), lease(b, 'some'), lease(c, 'some')], { type: 'oldest' });
    expect(plan.remove).toEqual([]);
    expect(plan.unlisted.map(({ shardId }) => shardId)).toEqual(['a']);
  });
});

describe('the children of a shard that ended', () => {
  const [left, right] = evenRanges(2) as [HashRange, HashRange];

  test('of a split both start at their first record', () => {
    const parent = lease(inTree('5'), 'some');
    const { create, missingParents } = leasesForChildren(
      parent,
      [
        { shardId: '9', parentShardIds: ['5'], hashRange: left },
        { shardId: '10', parentShardIds: ['5'], hashRange: right },
      ],
      () => false,
    );
    expect(missingParents).toEqual([]);
    expect(
      create.map(({ leaseKey, counter, checkpoint, parentShardIds, hashRange }) => ({
        leaseKey,
        counter,
        checkpoint,
        parentShardIds,
        hashRange,
      })),
    ).toEqual([
      {
        leaseKey: '9',
        counter: 0,
        checkpoint: checkpoints['oldest'],
        parentShardIds: ['5'],
        hashRange: left,
      },
      {
        leaseKey: '10',
        counter: 0,
        checkpoint: checkpoints['oldest'],
        parentShardIds: ['5'],
        hashRange: right,
      },
    ]);
    expect(create.some((each) => 'owner' in each)).toBe(false);
  });

  test('of a merge names both parents, and tells which of them must get a lease first', () => {
    const child = { shardId: '8', parentShardIds: ['6', '7'], hashRange: left };
    const leased = leasesForChildren(lease(inTree('7'), 'some'), [child], (id) => id === '6');
    expect(leased.create[0]?.parentShardIds).toEqual(['6', '7']);
    expect(leased.missingParents).toEqual([]);
    expect(leasesForChildren(lease(inTree('7'), 'some'), [child], () => false).missingParents).toEqual(['6']);
  });
});
