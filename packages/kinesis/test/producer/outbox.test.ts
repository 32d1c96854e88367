import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Berthing } from '../../src/producer/lane-table.ts';
import { MAX_ENTRIES, Outbox, type OutboxOptions } from '../../src/producer/outbox.ts';
import { packAggregates, packOne } from '../../src/producer/pack.ts';
import type { Parcel, Pending } from '../../src/producer/pending.ts';

const byKey: Berthing = ({ record }) => ({ lane: record.partitionKey });
/** What a reshard does to the lanes: keys that shared a shard part, others meet. */
const byShard =
  (shards: number): Berthing =>
  ({ record }) => {
    const shardId = `shard-${record.partitionKey.length % shards} of ${shards}`;
    return { lane: shardId, shardId };
  };

interface Numbered extends Pending {
  readonly n: number;
}

function pendingOf(n: number, partitionKey: string, { at = 0, bytes = 10, deadlineAt = 1e9 } = {}): Numbered {
  const record = { partitionKey, data: new Uint8Array(bytes) };
  return {
    n,
    record,
    bytes: bytes + partitionKey.length,
    acceptedAt: at,
    deadlineAt,
    stored() {},
    failed() {},
  };
}

const numbersOf = (parcels: readonly Parcel[] = []): number[] =>
  parcels.flatMap(({ members }) => members.map((member) => (member as Numbered).n));

function outboxOf(options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    inOrder: true,
    entryPerRecord: false,
    lingerMs: 20,
    maxRequestBytes: 100_000,
    pack: packOne,
    berthing: byKey,
    patience: () => 0,
    ...options,
  });
}

test('nothing is due before the first record has lingered, unless it is flushed or worth a request', () => {
  const outbox = outboxOf({ entryPerRecord: true, inOrder: false, berthing: () => ({ lane: '' }) });
  outbox.accept(pendingOf(0, 'a', { at: 5 }));
  expect(outbox.next(24, false)).toBeUndefined();
  expect(outbox.wakeAt()).toBe(25);
  expect(numbersOf(outbox.next(25, false))).toEqual([0]);
  outbox.accept(pendingOf(1, 'a', { at: 30 }));
  expect(numbersOf(outbox.next(30, true))).toEqual([1]);
  for (let n = 2; n < 2 + MAX_ENTRIES; n++) outbox.accept(pendingOf(n, 'a', { at: 40 }));
  expect(outbox.next(40, false)).toHaveLength(MAX_ENTRIES);
  expect(outbox.wakeAt()).toBeUndefined();
});

test('one megabyte that waits is worth a request, however large a request may be', () => {
  const outbox = outboxOf({ inOrder: false, maxRequestBytes: 5_000_000 });
  for (let n = 0; n < 10; n++) outbox.accept(pendingOf(n, 'a', { bytes: 100_000 }));
  expect(outbox.next(0, false)).toBeUndefined();
  outbox.accept(pendingOf(10, 'a', { bytes: 100_000 }));
  expect(outbox.next(0, false)).toHaveLength(11);
});

test('in order a lane sends nothing while its parcel is out, and others go on', () => {
  const outbox = outboxOf();
  for (const [n, key] of ['a', 'b', 'a'].entries()) outbox.accept(pendingOf(n, key));
  const first = outbox.next(20, false) ?? [];
  expect(numbersOf(first)).toEqual([0, 1]);
  expect(outbox.next(20, true)).toBeUndefined();
  const [a, b] = first as [Parcel, Parcel];
  outbox.settle(b);
  expect(outbox.next(20, true)).toBeUndefined();
  outbox.settle(a);
  expect(numbersOf(outbox.next(20, true))).toEqual([2]);
});

test('a parcel to retry bars its lane until it is stored, and leaves no sooner than told', () => {
  const outbox = outboxOf();
  outbox.accept(pendingOf(0, 'a'));
  outbox.accept(pendingOf(1, 'a'));
  const [parcel] = outbox.next(20, false) as readonly [Parcel];
  outbox.retry({ ...parcel, attempts: 1 }, 90);
  expect(outbox.next(89, true)).toBeUndefined();
  expect(outbox.wakeAt()).toBe(90);
  const again = outbox.next(90, true) ?? [];
  expect(numbersOf(again)).toEqual([0]);
  expect(again[0]?.attempts).toBe(1);
});

test('a shard that has had enough holds back its own lanes alone', () => {
  const outbox = outboxOf({
    inOrder: false,
    berthing: byShard(2),
    patience: (shardId, now) => (shardId === 'shard-1 of 2' ? Math.max(0, 500 - now) : 0),
  });
  outbox.accept(pendingOf(0, 'a'));
  outbox.accept(pendingOf(1, 'ab'));
  expect(numbersOf(outbox.next(20, false))).toEqual([1]);
  expect(outbox.wakeAt()).toBe(500);
  expect(numbersOf(outbox.next(500, false))).toEqual([0]);
});

test('a request refused as a whole comes back in halves', () => {
  const outbox = outboxOf({ inOrder: false });
  for (let n = 0; n < 5; n++) outbox.accept(pendingOf(n, `k${n}`));
  outbox.halve(outbox.next(20, false) ?? []);
  expect(numbersOf(outbox.next(20, false))).toEqual([0, 1]);
  expect(numbersOf(outbox.next(20, false))).toEqual([2, 3, 4]);
});

test('lanes laid anew send nothing, in order, until what is out by the old ones is back', () => {
  const outbox = outboxOf({ berthing: byShard(1) });
  for (let n = 0; n < 3; n++) outbox.accept(pendingOf(n, 'a', { at: n }));
  const [out] = outbox.next(100, false) as readonly [Parcel];
  outbox.relay(byShard(2));
  expect(outbox.next(200, true)).toBeUndefined();
  outbox.retry(out, 150);
  // It went back to the front of its new lane.
  expect(numbersOf(outbox.next(200, true))).toEqual([0]);
});

interface Step {
  readonly what: 'put' | 'send' | 'store' | 'retry' | 'part' | 'halve' | 'relay' | 'wait';
  readonly pick: number;
}

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom(
      'put',
      'put',
      'put',
      'send',
      'send',
      'store',
      'retry',
      'part',
      'halve',
      'relay',
      'wait',
    ),
    pick: fc.nat({ max: 1000 }),
  }),
  { minLength: 20, maxLength: 200 },
);

test.each([
  [{ ordering: 'key', aggregation: false }],
  [{ ordering: 'key', aggregation: true }],
  [{ ordering: 'none', aggregation: true }],
] as const)(
  'whatever happens, every record is in one place and leaves in turn, in requests the service takes (%o)',
  ({ ordering, aggregation }) => {
    fc.assert(
      fc.property(steps, (schedule) => {
        const inOrder = ordering !== 'none';
        const maxRequestBytes = 2000;
        let berthing = byShard(3);
        const outbox = outboxOf({
          inOrder,
          maxRequestBytes,
          pack: aggregation ? packAggregates({ ordering, maxRecordBytes: 2048 }) : packOne,
          berthing,
        });
        const laneOf = (member: Pending): string => berthing(member).lane;
        const out: (readonly Parcel[])[] = [];
        const stored: Numbered[] = [];
        const accepted: Numbered[] = [];
        let now = 0;
        const send = (): boolean => {
          const request = outbox.next(now, true);
          if (request === undefined) return false;
          expect(request.length).toBeLessThanOrEqual(MAX_ENTRIES);
          const bytes = request.reduce((sum, parcel) => sum + parcel.bytes, 0);
          expect(request.length > 1 ? bytes : 0).toBeLessThanOrEqual(maxRequestBytes);
          out.push(request);
          // In order no two parcels with records of one lane are ever out together.
          const lanes = out.flat().flatMap(({ members }) => [...new Set(members.map(laneOf))]);
          expect(inOrder ? lanes : []).toEqual(inOrder ? [...new Set(lanes)] : []);
          return true;
        };
        const store = (parcel: Parcel): void => {
          outbox.settle(parcel);
          stored.push(...(parcel.members as readonly Numbered[]));
        };
        for (const { what, pick } of schedule) {
          now += pick % 7;
          const index = out.length === 0 ? 0 : pick % out.length;
          const [request] = what === 'put' || what === 'send' || what === 'relay' ? [] : out.splice(index, 1);
          if (what === 'put') {
            const pending = pendingOf(accepted.length, 'k'.repeat(1 + (pick % 9)), {
              at: now,
              bytes: pick % 900,
            });
            accepted.push(pending);
            outbox.accept(pending);
          } else if (what === 'send') send();
          else if (what === 'relay') {
            // Lanes may change only as they do when shards split or merge, and with nothing out: what is out belongs to the old.
            if (out.length === 0) outbox.relay((berthing = byShard(1 + (pick % 5))));
          } else if (request === undefined) continue;
          else if (what === 'halve' && request.length > 1) outbox.halve(request);
          else {
            for (const [at, parcel] of request.entries()) {
              const { members } = parcel;
              if (what === 'retry' || (what === 'part' && at % 2 === 0)) {
                outbox.retry({ ...parcel, attempts: parcel.attempts + 1 }, now + (pick % 50));
              } else if (what === 'part' && members.length > 1) {
                // Stored, but for records that were another shard's.
                const alive = members.slice(1);
                stored.push(members[0] as Numbered);
                outbox.giveBack(parcel, alive);
              } else store(parcel);
            }
          }
        }
        // Then nothing goes wrong any more.
        for (let rounds = 0; rounds < 2000 && (out.length > 0 || outbox.waiting); rounds++) {
          for (const request of out.splice(0)) for (const parcel of request) store(parcel);
          now += 50;
          while (send());
        }
        expect(stored.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(accepted.map(({ n }) => n));
        const outOfTurn = stored.filter((one, at) =>
          stored
            .slice(at)
            .some(({ n, record }) => n < one.n && record.partitionKey === one.record.partitionKey),
        );
        expect(inOrder ? outOfTurn : []).toEqual([]);
      }),
      { numRuns: 300 },
    );
  },
);
