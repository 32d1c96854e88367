import type { Lease } from '../lease/lease.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import {
  checkLease,
  checkName,
  checkpointed,
  handOffRequested,
  handOffWithdrawn,
  handsOver,
  holderOf,
  isAwaitedBy,
  isCurrent,
  isEcho,
  isReleaseOf,
  isRequestOf,
  isTakeOf,
  released,
  renewed,
  taken,
} from '../lease/transition.ts';

/**
 * Leases of one consumer group in this process: for tests, for the simulator, and for a program that reads a whole
 * stream alone and need not remember where it stopped.
 *
 * @example
 * ```ts
 * const store = createMemoryLeaseStore();
 * await store.create(lease);
 * const mine = await store.take(lease, 'worker-1'); // undefined: somebody was faster
 * ```
 */
export function createMemoryLeaseStore(): LeaseStore {
  const leases = new Map<string, Lease>();

  const put = (lease: Lease): Lease => {
    leases.set(lease.leaseKey, copy(lease));
    return copy(lease);
  };

  return {
    async prepare() {
      // Nothing to make: the map is there.
    },

    async list() {
      return [...leases.values()].map(copy);
    },

    async get(leaseKey) {
      const stored = leases.get(leaseKey);
      return stored && copy(stored);
    },

    async create(lease) {
      checkLease(lease);
      if (leases.has(lease.leaseKey)) return false;
      put(lease);
      return true;
    },

    async renew(lease) {
      const stored = leases.get(lease.leaseKey);
      if (stored === undefined) return undefined;
      return isCurrent(stored, lease) || isEcho(stored, lease) ? put(renewed(stored)) : undefined;
    },

    async take(lease, owner) {
      checkName('lease.owner', owner);
      const stored = leases.get(lease.leaseKey);
      if (stored === undefined) return undefined;
      if (stored.counter === lease.counter) return put(taken(stored, owner));
      return isTakeOf(stored, lease, owner) ? put(renewed(stored)) : undefined;
    },

    async requestHandOff(lease, owner) {
      checkName('lease.owner', owner);
      const stored = leases.get(lease.leaseKey);
      if (stored === undefined) return undefined;
      if (isRequestOf(stored, lease, owner)) return copy(stored);
      const free = stored.owner === lease.owner && stored.checkpointOwner === undefined;
      return free && handsOver(stored) ? put(handOffRequested(stored, owner)) : undefined;
    },

    async withdrawHandOff(lease, owner) {
      const stored = leases.get(lease.leaseKey);
      return stored !== undefined && isAwaitedBy(stored, owner) ? put(handOffWithdrawn(stored)) : undefined;
    },

    async checkpoint(lease, checkpoint, extras) {
      const stored = leases.get(lease.leaseKey);
      if (stored === undefined) return undefined;
      const ours = stored.counter === lease.counter || isEcho(stored, lease);
      return ours ? put(checkpointed(stored, checkpoint, extras)) : undefined;
    },

    async release(lease) {
      const stored = leases.get(lease.leaseKey);
      if (stored === undefined || holderOf(lease) === undefined) return false;
      if (!isCurrent(stored, lease) && !isEcho(stored, lease)) return isReleaseOf(stored, lease);
      put(released(stored));
      return true;
    },

    async delete(leaseKey) {
      leases.delete(leaseKey);
    },
  };
}

/** No reference is shared with the caller, as none would be with a database. */
function copy(lease: Lease): Lease {
  return {
    ...lease,
    checkpoint: { ...lease.checkpoint },
    parentShardIds: [...lease.parentShardIds],
    childShardIds: [...lease.childShardIds],
    ...(lease.hashRange && { hashRange: { ...lease.hashRange } }),
    ...(lease.parked && { parked: new Map(lease.parked) }),
  };
}
