import type { Lease, LeaseStore } from '@millrace/kinesis/lease';

import type { LeaseBook, LeaseWrite } from '../check/lease-book.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Timeline } from './timeline.ts';

export interface LeaseWire {
  readonly network: Network;
  readonly book: LeaseBook;
  readonly timeline: Timeline;
}

/** A lease store that lives somewhere else: every call of `life` goes over the network. */
export function remoteLeases(store: LeaseStore, life: Life, wire: LeaseWire): LeaseStore {
  const { network, book, timeline } = wire;

  const ask = <T>(operation: string, subject: string, effect: () => Promise<T>): Promise<T> =>
    network.call({ life, port: 'leases', operation, subject, effect });

  const write = async <T extends Lease | boolean | undefined>(
    kind: LeaseWrite,
    { leaseKey, counter: seen }: Pick<Lease, 'leaseKey' | 'counter'>,
    change: () => Promise<T>,
  ): Promise<T> => {
    const sentAt = timeline.now;
    const answer = await ask(kind, leaseKey, async () => {
      const before = await store.get(leaseKey);
      const given = await change();
      const after = await store.get(leaseKey);
      // To release what is released already is no write.
      const changed = before?.counter !== after?.counter || before?.owner !== after?.owner;
      if (changed) book.wrote({ life, write: kind, leaseKey, seen, before, after });
      return given;
    });
    if (typeof answer === 'object') book.confirmed(life, kind, answer, sentAt);
    else if (answer === undefined) book.refused(life, kind, { leaseKey, counter: seen });
    return answer;
  };

  return {
    prepare: () => ask('prepare', '', () => store.prepare()),
    list: () => ask('list', '', () => store.list()),
    get: (leaseKey) => ask('get', leaseKey, () => store.get(leaseKey)),
    create: (lease) => write('create', lease, () => store.create(lease)),
    renew: (lease) => write('renew', lease, () => store.renew(lease)),
    take: (lease, owner) => write('take', lease, () => store.take(lease, owner)),
    requestHandOff: (lease, owner) => write('ask', lease, () => store.requestHandOff(lease, owner)),
    withdrawHandOff: (lease, owner) => write('ask', lease, () => store.withdrawHandOff(lease, owner)),
    checkpoint: (lease, reached, extras) =>
      write('checkpoint', lease, () => store.checkpoint(lease, reached, extras)),
    release: (lease) => write('release', lease, () => store.release(lease)),
    async delete(leaseKey) {
      await write('delete', { leaseKey, counter: 0 }, async () => {
        await store.delete(leaseKey);
        return undefined;
      });
    },
  };
}
