import assert from 'node:assert/strict';

import type { Lease } from '../lease/lease.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import { toSequenceNumber, type SequenceNumber } from '../record/sequence-number.ts';

/** One thing every lease store guarantees; `run` rejects when this one does not. */
export interface LeaseStoreGuarantee {
  /** In the present tense: "of two workers that take a lease one gets it". */
  readonly name: string;
  /** `createStore` answers a store without leases, a new one every time. */
  readonly run: (createStore: () => LeaseStore | Promise<LeaseStore>) => Promise<void>;
}

export function guarantee(name: string, check: (store: LeaseStore) => Promise<void>): LeaseStoreGuarantee {
  return {
    name,
    async run(createStore) {
      const store = await createStore();
      await store.prepare();
      await check(store);
    },
  };
}

export function leaseOf(shardId: string, other: Partial<Lease> = {}): Lease {
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
export function holder(worker: string): Partial<Lease> {
  return { owner: worker, handsOver: worker };
}

export function numbered(
  sequenceNumber: string,
  subSequenceNumber = 0,
): { readonly sequenceNumber: SequenceNumber; readonly subSequenceNumber: number } {
  return { sequenceNumber: toSequenceNumber(sequenceNumber), subSequenceNumber };
}

/** `lease`, created if need be, in the hands of `owner`. */
export async function taken(store: LeaseStore, lease: Lease, owner: string): Promise<Lease> {
  await store.create(lease);
  return (await store.take(lease, owner)) ?? assert.fail(`${owner} could not take ${lease.leaseKey}`);
}
