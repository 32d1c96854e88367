import type { LeaseStore } from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { Bell } from '@millrace/kinesis/runtime';

/** The leases of every consumer group of this process, and a bell for who waits for one of them to change. */
export class LeaseStores {
  readonly changed: Bell = new Bell();
  readonly #stores = new Map<string, LeaseStore>();

  of(group: string): LeaseStore {
    const store = this.#stores.get(group) ?? this.#watched(createMemoryLeaseStore());
    this.#stores.set(group, store);
    return store;
  }

  #watched(store: LeaseStore): LeaseStore {
    const ring = async <T>(change: Promise<T>): Promise<T> => {
      const changed = await change;
      this.changed.ring();
      return changed;
    };
    return {
      ...store,
      create: (lease) => ring(store.create(lease)),
      checkpoint: (lease, checkpoint, extras) => ring(store.checkpoint(lease, checkpoint, extras)),
      delete: (leaseKey) => ring(store.delete(leaseKey)),
    };
  }
}
