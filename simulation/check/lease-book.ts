import { compareCheckpoints, isSentinelCheckpoint, isShardEnd, type Lease } from '@millrace/kinesis/lease';

import type { Life } from '../world/life.ts';
import type { Ledger } from './ledger.ts';
import { shardOf, streamOf } from './item.ts';
import { comparePlaces, placeName, type Place, type Position } from './place.ts';
import type { Reports } from './reports.ts';
import type { Verdict } from './verdict.ts';

export type LeaseWrite = 'create' | 'renew' | 'take' | 'ask' | 'checkpoint' | 'release' | 'delete';

/** A write that took effect in the lease store, with the lease as it was and as it is. */
export interface LeaseEvent {
  readonly life: Life;
  readonly write: LeaseWrite;
  readonly leaseKey: string;
  /** The counter the writer had seen; undefined where there is none. */
  readonly seen?: number | undefined;
  readonly before: Lease | undefined;
  readonly after: Lease | undefined;
}

/** A lease in a process's hands, as far as the process can know. */
interface Holding {
  /** Where the shard stood when it was taken: nothing at or before this may be delivered. */
  readonly from: Lease['checkpoint'];
  /** When the last write was sent whose success the process knows of. */
  confirmedAt: number;
}

export interface BookParts {
  readonly verdict: Verdict;
  readonly ledger: Ledger;
  readonly reports: Reports;
  readonly from: 'oldest' | 'now' | 'time';
  /** Virtual milliseconds. */
  readonly now: () => number;
  /** The service's wall time. */
  readonly serviceTime: () => number;
  /** Whether the shard takes no more records; undefined when the stream does not know it any more. */
  readonly isClosed: (shard: string) => boolean | undefined;
}

/** Knows who really holds which lease, and judges every write to the lease store at the moment it takes effect. */
export class LeaseBook {
  readonly #parts: BookParts;
  readonly #leases = new Map<string, Lease>();
  readonly #holders = new Map<string, Life>();
  /** The key of each shard's lease. */
  readonly #keys = new Map<string, string>();
  readonly #lastHolders = new Map<string, Life>();
  readonly #holdings = new WeakMap<Life, Map<string, Holding>>();

  constructor(parts: BookParts) {
    this.#parts = parts;
  }

  get leases(): readonly Lease[] {
    return [...this.#leases.values()];
  }

  lease(leaseKey: string): Lease | undefined {
    return this.#leases.get(leaseKey);
  }

  holderOf(leaseKey: string): Life | undefined {
    return this.#holders.get(leaseKey);
  }

  /** Who holds the lease of a shard. */
  holderOfShard(shard: string): Life | undefined {
    const leaseKey = this.#keys.get(shard);
    return leaseKey === undefined ? undefined : this.#holders.get(leaseKey);
  }

  /** Who took it last, whether it holds it still or not. */
  lastHolderOf(leaseKey: string): Life | undefined {
    return this.#lastHolders.get(leaseKey);
  }

  /** What `life` may believe to hold. */
  holding(life: Life, shard: string): Holding | undefined {
    return this.#holdings.get(life)?.get(shard);
  }

  wrote(event: LeaseEvent): void {
    const { write, leaseKey, life, after } = event;
    if (write === 'create' && after !== undefined) this.#began(after);
    if (write === 'delete') this.#checkDelete(event);
    else if (write !== 'create' && write !== 'ask') this.#checkWriter(event);
    if (write === 'checkpoint') this.#checkCheckpoint(event);
    if (after === undefined) this.#leases.delete(leaseKey);
    else this.#leases.set(leaseKey, after);
    if (after !== undefined) this.#keys.set(shardOf(after), leaseKey);
    if (write === 'take') this.#holders.set(leaseKey, life);
    if (write === 'take') this.#lastHolders.set(leaseKey, life);
    if (write === 'release' || write === 'delete') this.#holders.delete(leaseKey);
  }

  /** The process learns that its write, sent then, succeeded. */
  confirmed(life: Life, write: LeaseWrite, lease: Lease, sentAt: number): void {
    // Who asks for a lease does not hold it yet.
    if (write === 'ask') return;
    let holdings = this.#holdings.get(life);
    if (holdings === undefined) this.#holdings.set(life, (holdings = new Map()));
    const shard = shardOf(lease);
    const holding = holdings.get(shard);
    if (write === 'take' || holding === undefined) {
      holdings.set(shard, { from: lease.checkpoint, confirmedAt: sentAt });
    } else if (sentAt > holding.confirmedAt) {
      // The answer to an older question may come last.
      holding.confirmedAt = sentAt;
    }
  }

  /** The process learns that the store turned its write away: rightly so only if it does not hold the lease, or is behind. */
  refused(life: Life, write: LeaseWrite, { leaseKey, counter }: Pick<Lease, 'leaseKey' | 'counter'>): void {
    const lease = this.#leases.get(leaseKey);
    if (write !== 'renew' && write !== 'checkpoint') return;
    if (lease === undefined || this.#holders.get(leaseKey) !== life || lease.counter - counter > 1) return;
    const message = `${life.name} holds ${leaseKey} at ${lease.counter}, saw ${counter}, and could not ${write}`;
    this.#broken('a holder is not turned away', message, leaseKey);
  }

  #began(lease: Lease): void {
    const { ledger, from, now, serviceTime } = this.#parts;
    const stream = streamOf(lease);
    const first = this.leases.every((other) => streamOf(other) !== stream);
    // Whatever time it was pinned to: a group that begins now is owed what arrives from its first lease on.
    if (first && from === 'now') ledger.oweFrom(stream, serviceTime(), now());
    if (from === 'time' && lease.startAt !== undefined) ledger.oweFrom(stream, lease.startAt);
  }

  #checkWriter({ life, write, leaseKey, seen, before }: LeaseEvent): void {
    const holder = this.#holders.get(leaseKey);
    if (write !== 'take' && holder !== life) {
      this.#broken('one writer a lease', `${life.name} wrote ${leaseKey}, held by ${holder?.name}`, leaseKey);
    }
    // One more than seen: a write of its own whose answer was lost.
    const known = before?.counter === seen || (before?.counter === (seen ?? 0) + 1 && holder === life);
    if (!known) {
      const message = `${life.name} wrote ${leaseKey} having seen ${seen} when it was at ${before?.counter}`;
      this.#broken('one writer a lease', message, leaseKey);
    }
  }

  #checkCheckpoint({ leaseKey, before, after }: LeaseEvent): void {
    if (before === undefined || after === undefined) return;
    const { ledger, isClosed } = this.#parts;
    if (compareCheckpoints(after.checkpoint, before.checkpoint) < 0) {
      const message = `${leaseKey} went from ${text(before)} to ${text(after)}`;
      this.#broken('checkpoints never go back', message, leaseKey);
    }
    const shard = shardOf(after);
    const open = ledger.firstOpen(shard);
    const ended = isShardEnd(after.checkpoint);
    this.#checkTold(before, (place) => ended || reaches(after.checkpoint, place));
    if (ended && isClosed(shard) === false) {
      this.#broken('a checkpoint passes nothing unhandled', `${leaseKey} ended while open`, leaseKey);
    }
    if (open === undefined || (!ended && !reaches(after.checkpoint, open))) return;
    const message = `${leaseKey} is at ${text(after)} and ${open.item.id} at ${placeName(open)} is not handled`;
    this.#broken('a checkpoint passes nothing unhandled', message, leaseKey, open.item.key);
  }

  #checkDelete({ leaseKey, before }: LeaseEvent): void {
    if (before === undefined || isShardEnd(before.checkpoint)) return;
    if (this.#parts.isClosed(shardOf(before)) === undefined) {
      this.#checkTold(before, () => true);
      return;
    }
    const message = `${leaseKey} was deleted at ${text(before)} while its shard is there`;
    this.#broken('leases outlive their shards', message, leaseKey);
  }

  /**
   * Who goes on behind records that were past their retention before anybody handled them has said so. A shard nobody had
   * begun tells nobody that it once held more.
   */
  #checkTold(before: Lease, isPassed: (place: Place) => boolean): void {
    const { ledger, reports } = this.#parts;
    const shard = shardOf(before);
    const isBetween = (place: Place): boolean => isPassed(place) && !reaches(before.checkpoint, place);
    const taken = ledger.firstTaken(shard, isBetween);
    if (taken === undefined || reports.has(shard)) return;
    if (isSentinelCheckpoint(before.checkpoint) && this.#parts.isClosed(shard) !== undefined) return;
    const message = `nobody was told that ${taken.item.id} of ${shard} was past its retention before it was handled`;
    this.#broken('what retention took is told', message, shard, taken.item.key);
  }

  #broken(
    ...[invariant, message, ...subjects]: [Parameters<Verdict['broken']>[0], string, ...string[]]
  ): void {
    this.#parts.verdict.broken(invariant, message, subjects);
  }
}

/** Whether everything up to and including `position` is covered. */
export function reaches(checkpoint: Lease['checkpoint'], position: Position): boolean {
  const { sequenceNumber, subSequenceNumber } = checkpoint;
  if (sequenceNumber === 'SHARD_END') return true;
  if (sequenceNumber === 'TRIM_HORIZON' || sequenceNumber === 'LATEST' || sequenceNumber === 'AT_TIMESTAMP') {
    return false;
  }
  return comparePlaces({ sequenceNumber, subSequenceNumber }, position) >= 0;
}

function text({ checkpoint }: Lease): string {
  return `${checkpoint.sequenceNumber}:${checkpoint.subSequenceNumber}`;
}
