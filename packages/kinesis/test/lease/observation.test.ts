import {
  isAvailable,
  NOTHING_OBSERVED,
  observeLeases,
  unchangedFor,
  type Lease,
} from '@millrace/kinesis/lease';
import { describe, expect, test } from 'vitest';

const leaseDurationMs = 10_000;
const lease: Lease = {
  leaseKey: 'shardId-000000000000',
  shardId: 'shardId-000000000000',
  counter: 7,
  owner: 'other',
  ownerSwitchesSinceCheckpoint: 0,
  checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
  parentShardIds: [],
  childShardIds: [],
};
const { owner: _nobody, ...unowned } = lease;

/** What is seen of the lease after listings at these times (each taking no time) of these states. */
function seen(...listings: readonly (readonly [at: number, state: Lease])[]) {
  const last = listings.reduce(
    (observation, [at, state]) => observeLeases(observation, [state], { startedAt: at, endedAt: at }),
    NOTHING_OBSERVED,
  );
  const sighting = last.get(lease.leaseKey);
  if (sighting === undefined) throw new Error('not seen');
  return sighting;
}

describe('a lease is available', () => {
  test('at once when it is first seen without an owner', () => {
    expect(isAvailable(seen([0, unowned]), leaseDurationMs)).toBe(true);
  });

  test('not when it is first seen with an owner, however old its item may be', () => {
    expect(isAvailable(seen([5_000_000, lease]), leaseDurationMs)).toBe(false);
  });

  test('once it was seen unchanged for longer than the lease duration, not for exactly that', () => {
    expect(isAvailable(seen([0, lease], [10_000, lease]), leaseDurationMs)).toBe(false);
    expect(isAvailable(seen([0, lease], [10_001, lease]), leaseDurationMs)).toBe(true);
  });

  test('not while its counter moves', () => {
    const renewed = { ...lease, counter: 8 };
    expect(isAvailable(seen([0, lease], [9_000, renewed], [18_000, renewed]), leaseDurationMs)).toBe(false);
    expect(isAvailable(seen([0, lease], [9_000, renewed], [19_001, renewed]), leaseDurationMs)).toBe(true);
  });

  test('not right after its owner changed, even if the counter did not', () => {
    const handed = { ...lease, owner: 'third' };
    expect(isAvailable(seen([0, lease], [20_000, handed]), leaseDurationMs)).toBe(false);
  });

  test('at once when its owner released it', () => {
    expect(isAvailable(seen([0, lease], [1, { ...unowned, counter: 8 }]), leaseDurationMs)).toBe(true);
  });
});

describe('time', () => {
  test('does not pass for leases while no listing succeeds', () => {
    const before = observeLeases(NOTHING_OBSERVED, [lease], { startedAt: 0, endedAt: 0 });
    const [sighting] = before.values();
    expect(sighting && isAvailable(sighting, leaseDurationMs)).toBe(false);
    // A minute of failed listings later the next one shows it moved.
    const after = observeLeases(before, [{ ...lease, counter: 20 }], { startedAt: 60_000, endedAt: 60_000 });
    expect([...after.values()].map(unchangedFor)).toEqual([0]);
  });

  test('a slow listing makes no lease look older than it is', () => {
    // The first listing took 8 s and may have read the lease at its very end; the second may have at its start.
    const first = observeLeases(NOTHING_OBSERVED, [lease], { startedAt: 0, endedAt: 8000 });
    const second = observeLeases(first, [lease], { startedAt: 15_000, endedAt: 23_000 });
    expect([...second.values()].map(unchangedFor)).toEqual([7000]);
  });

  test('overlapping listings give no negative age', () => {
    const first = observeLeases(NOTHING_OBSERVED, [lease], { startedAt: 0, endedAt: 8000 });
    const second = observeLeases(first, [lease], { startedAt: 4000, endedAt: 9000 });
    expect([...second.values()].map(unchangedFor)).toEqual([0]);
  });
});

describe('an observation', () => {
  test('forgets a lease that is no longer listed, so one created anew is fresh', () => {
    const first = observeLeases(NOTHING_OBSERVED, [lease], { startedAt: 0, endedAt: 0 });
    const gone = observeLeases(first, [], { startedAt: 9000, endedAt: 9000 });
    const back = observeLeases(gone, [lease], { startedAt: 18_000, endedAt: 18_000 });
    expect([gone.size, ...[...back.values()].map(unchangedFor)]).toEqual([0, 0]);
  });

  test('does not change the one it follows', () => {
    const first = observeLeases(NOTHING_OBSERVED, [lease], { startedAt: 0, endedAt: 0 });
    observeLeases(first, [{ ...lease, counter: 8 }], { startedAt: 5, endedAt: 5 });
    expect(first.get(lease.leaseKey)?.lease.counter).toBe(7);
    expect(NOTHING_OBSERVED.size).toBe(0);
  });
});
