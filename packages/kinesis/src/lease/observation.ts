import type { Lease } from './lease.ts';

/** A lease as this worker saw it. Times are readings of this worker's monotonic clock, milliseconds. */
export interface Sighting {
  readonly lease: Lease;
  /** When owner and counter were first seen as they are. */
  readonly since: number;
  /** When they were last seen so. */
  readonly until: number;
}

/** Everything one worker has seen of its group's leases, by lease key. */
export type Observation = ReadonlyMap<string, Sighting>;

/** When a listing was asked for and when its answer was complete, on the monotonic clock, milliseconds. */
export interface Listing {
  readonly startedAt: number;
  readonly endedAt: number;
}

export const NOTHING_OBSERVED: Observation = new Map();

/**
 * What is known after one more listing. Leases missing from it are forgotten.
 *
 * No two machines' clocks are ever compared: a lease is dead when *I* have seen it unchanged for long enough. The
 * listing takes time, so a change is dated by its end and an unchanged lease by its start; nothing looks older
 * than it is, and a listing that fails for a minute makes nobody look dead.
 *
 * @example
 * ```ts
 * const startedAt = clock.monotonic();
 * const leases = await store.list();
 * observation = observeLeases(observation, leases, { startedAt, endedAt: clock.monotonic() });
 * ```
 */
export function observeLeases(
  previous: Observation,
  leases: readonly Lease[],
  listing: Listing,
): Observation {
  return new Map(
    leases.map((lease) => {
      const before = previous.get(lease.leaseKey);
      const unchanged =
        before !== undefined && before.lease.owner === lease.owner && before.lease.counter === lease.counter;
      const since = unchanged ? before.since : listing.endedAt;
      return [lease.leaseKey, { lease, since, until: Math.max(since, listing.startedAt) }];
    }),
  );
}

/**
 * For how long owner and counter are known not to have changed, milliseconds.
 *
 * @example
 * ```ts
 * if (unchangedFor(sighting) > 3 * leaseDurationMs) report(sighting.lease);
 * ```
 */
export function unchangedFor(sighting: Sighting): number {
  return sighting.until - sighting.since;
}

/**
 * Whether anybody may take it: nobody owns it, or its owner has not renewed it for longer than `leaseDurationMs`.
 * An owner seen for the first time counts as alive.
 *
 * @example
 * ```ts
 * const free = [...observation.values()].filter((sighting) => isAvailable(sighting, 10_000));
 * ```
 */
export function isAvailable(sighting: Sighting, leaseDurationMs: number): boolean {
  return sighting.lease.owner === undefined || unchangedFor(sighting) > leaseDurationMs;
}
