import { isShardEnd, type Lease } from '@millrace/kinesis/lease';

import type { Lineages } from '../fleet/lineage.ts';
import type { Plan } from '../plan/plan.ts';
import type { Life } from '../world/life.ts';
import type { Timeline } from '../world/timeline.ts';
import type { Trace } from '../world/trace.ts';
import { Deliveries } from './deliveries.ts';
import { LeaseBook, reaches } from './lease-book.ts';
import { shardOf } from './item.ts';
import { Ledger } from './ledger.ts';
import { MemoryGauge } from './memory-gauge.ts';
import { placeName } from './place.ts';
import { Reports } from './reports.ts';
import { Verdict } from './verdict.ts';

export interface ChecksParts {
  readonly plan: Plan;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly lineages: Lineages;
  /** The service's wall time. */
  readonly serviceTime: () => number;
}

/** Everything that is checked, wired together. */
export class Checks implements Disposable {
  readonly verdict: Verdict;
  readonly ledger: Ledger;
  readonly book: LeaseBook;
  readonly deliveries: Deliveries;
  readonly gauge: MemoryGauge;
  readonly #reports: Reports;
  readonly #lineages: Lineages;
  readonly #now: () => number;
  readonly #leaseMs: number;
  /** Whether a worker may give up on a handler that finishes all the same, and whose records it then counts as not handled. */
  readonly #mayStall: boolean;

  constructor({ plan, timeline, trace, lineages, serviceTime }: ChecksParts) {
    const { group } = plan;
    const now = (): number => timeline.now;
    const { rangeOf, isClosed } = lineages;
    this.#lineages = lineages;
    this.#now = now;
    this.#leaseMs = group.leaseMs;
    this.#mayStall = plan.workers.some(({ stallAfterMs, slowMs }) => stallAfterMs <= slowMs);
    this.verdict = new Verdict(now);
    const { verdict } = this;
    const skipsGarbled = group.policy === 'skip';
    this.ledger = new Ledger({ verdict, rangeOf, serviceTime, skipsGarbled });
    const { ledger } = this;
    const reports = new Reports({
      verdict,
      isClosed,
      placesOf: (shard, sequenceNumber) => ledger.placesOf(shard, sequenceNumber),
      isGone: (place) => ledger.isGone(place),
    });
    this.#reports = reports;
    this.book = new LeaseBook({ verdict, ledger, reports, from: group.from, now, serviceTime, isClosed });
    const { book } = this;
    this.deliveries = new Deliveries({
      ledger,
      book,
      verdict,
      trace,
      now,
      leaseMs: group.leaseMs,
      parks: group.policy === 'parkTheKey',
    });
    this.gauge = new MemoryGauge(verdict, ledger, book);
  }

  [Symbol.dispose](): void {
    this.#reports[Symbol.dispose]();
  }

  /** When the shard's newest record arrived, by the service's clock. */
  readonly lastArrival = (shard: string): number => this.#lineages.lastArrival(shard);

  /** A process begins to read a shard. */
  readonly opened = (life: Life, shard: string): void => {
    for (const parent of this.#lineages.parentsOf(shard)) {
      const open = this.ledger.firstOpen(parent);
      if (open === undefined) continue;
      const message = `${life.name} reads ${shard} while ${open.item.id} of its parent ${parent} is not handled`;
      this.verdict.broken('parents first', message, [shard, parent, open.item.key]);
    }
  };

  /** Whether nothing is left to do: every shard is held by somebody who lives, or read to its end. */
  settled(isAlive: (life: Life | undefined) => boolean): boolean {
    if (this.ledger.unhandled().length > 0) return false;
    const isHeld = (lease: Lease): boolean => {
      const { leaseKey, checkpoint } = lease;
      if (isShardEnd(checkpoint)) return true;
      const holder = this.book.holderOf(leaseKey);
      const holding = holder && isAlive(holder) ? this.book.holding(holder, shardOf(lease)) : undefined;
      return holding !== undefined && this.#now() - holding.confirmedAt < this.#leaseMs;
    };
    const { leases } = this.book;
    const leased = new Set(leases.map(shardOf));
    return this.#lineages.open.every((shard) => leased.has(shard)) && leases.every(isHeld);
  }

  /** What keeps the fleet from settling. */
  unsettled(): string {
    const open = this.ledger.unhandled().map(({ item, shard }) => `${item.id} in ${shard}`);
    const leases = this.book.leases.map(
      ({ leaseKey, checkpoint }) =>
        `${leaseKey} at ${checkpoint.sequenceNumber}, held by ${this.book.holderOf(leaseKey)?.name ?? 'nobody'}`,
    );
    return [...open, ...leases].join('; ');
  }

  /** A process has closed all it had, or its consumer has ended by itself. */
  left({ name, timers }: Life): void {
    if (timers === 0) return;
    this.verdict.broken('nothing keeps a process that has closed', `${name} still has ${timers} timers`, [
      name,
    ]);
  }

  /** When all workers are closed, and nothing went wrong on the way. */
  closed(): void {
    for (const lease of this.book.leases) {
      const last = this.ledger.lastOwed(shardOf(lease));
      const subjects = [lease.leaseKey];
      const invariant = 'a closed worker leaves its leases stored and free';
      // One read to its end keeps the name of who did it.
      const holder = isShardEnd(lease.checkpoint) ? undefined : this.book.holderOf(lease.leaseKey);
      if (holder !== undefined) {
        this.verdict.broken(invariant, `${lease.leaseKey} still is ${holder.name}'s`, subjects);
      }
      if (last !== undefined && this.#shouldCover(lease) && !reaches(lease.checkpoint, last)) {
        const message = `${lease.leaseKey} does not cover ${last.item.id} at ${placeName(last)}`;
        this.verdict.broken(invariant, message, subjects);
      }
    }
  }

  /** Whether the last holder has done everything since it took the lease, so that its last checkpoint has to say so. */
  #shouldCover(lease: Lease): boolean {
    const life = this.book.lastHolderOf(lease.leaseKey);
    const shard = shardOf(lease);
    const holding = life && this.book.holding(life, shard);
    if (holding === undefined || this.#mayStall) return false;
    return this.ledger.isAllDoneBy(holding, shard, (place) => !reaches(holding.from, place));
  }

  /** At the very end. */
  complete(): void {
    const { ledger, verdict } = this;
    for (const { id, key } of ledger.lost()) {
      verdict.broken('acknowledged records are handled', `${id} was not handled`, [key, id]);
    }
    if (ledger.openPuts > 0) verdict.broken('every put settles', `${ledger.openPuts} puts did not`);
  }
}
