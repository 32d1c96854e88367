import type { OutgoingRecord, StoredRecord } from '@millrace/kinesis/record';

import type { Life } from '../world/life.ts';
import type { Gauge } from '../world/stream-wire.ts';
import { reaches, type LeaseBook } from './lease-book.ts';
import type { Ledger } from './ledger.ts';
import type { Place } from './place.ts';
import type { Verdict } from './verdict.ts';

/** What a process promised to hold at most. */
export interface MemoryPromise {
  readonly requests?: number;
  readonly requestBytes?: number;
  readonly prefetchBytes?: number;
}

/** A record that has been read. */
interface Read {
  readonly shard: string;
  readonly holding: object | undefined;
  readonly places: readonly Place[];
  readonly bytes: number;
}

/** What an aggregate takes beside its members: magic, digest, keys once more, lengths. */
const overhead = 1.5;
/** What a shard had read ahead is counted on until it would have been handled, though a worker that gives it up lets go of it. */
const slack = 2;

/** Weighs what processes hold: requests under way, and records read that are not handled. */
export class MemoryGauge implements Gauge {
  readonly #verdict: Verdict;
  readonly #ledger: Ledger;
  readonly #book: LeaseBook;
  readonly #promises = new WeakMap<Life, MemoryPromise>();
  readonly #writing = new WeakMap<Life, { requests: number; bytes: number }>();
  /** By shard and sequence number: a shard that is begun anew reads the same records again. */
  readonly #read = new WeakMap<Life, Map<string, Read>>();
  readonly #largest = new WeakMap<Life, Map<string, number>>();

  constructor(verdict: Verdict, ledger: Ledger, book: LeaseBook) {
    this.#verdict = verdict;
    this.#ledger = ledger;
    this.#book = book;
  }

  promised(life: Life, promise: MemoryPromise): void {
    this.#promises.set(life, promise);
  }

  writing(life: Life, entries: readonly OutgoingRecord[]): () => void {
    const { requests = 0, requestBytes = 0 } = this.#promises.get(life) ?? {};
    const held = this.#writing.get(life) ?? { requests: 0, bytes: 0 };
    this.#writing.set(life, held);
    const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
    held.requests++;
    held.bytes += bytes;
    if (held.requests > requests || held.bytes > requestBytes * overhead) {
      const message = `${life.name} has ${held.requests} requests of ${held.bytes} bytes under way`;
      this.#verdict.broken('memory is bounded', message, [life.name]);
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      held.requests--;
      held.bytes -= bytes;
    };
  }

  received(life: Life, shard: string, records: readonly StoredRecord[]): void {
    if (records.length === 0) return;
    const read = this.#read.get(life) ?? new Map<string, Read>();
    this.#read.set(life, read);
    const holding = this.#book.holding(life, shard);
    let batchBytes = 0;
    for (const { sequenceNumber, data } of records) {
      const places = this.#ledger.placesOf(shard, sequenceNumber);
      read.set(`${shard}/${sequenceNumber}`, { shard, holding, places, bytes: data.length });
      batchBytes += data.length;
    }
    for (const [name, one] of read) if (!this.#isHeld(life, one)) read.delete(name);
    this.#check(life, read, this.#largestOf(life, shard, batchBytes));
  }

  /** Whether something of it is still to be handled by this process. */
  #isHeld(life: Life, { shard, holding, places }: Read): boolean {
    const current = this.#book.holding(life, shard);
    if (current === undefined || current !== holding || this.#book.holderOfShard(shard) !== life)
      return false;
    return places.some((place) => {
      const open = !place.done && !place.foreign && this.#ledger.isOwed(place);
      return open && !reaches(current.from, place);
    });
  }

  #largestOf(life: Life, shard: string, bytes: number): ReadonlyMap<string, number> {
    const largest = this.#largest.get(life) ?? new Map<string, number>();
    this.#largest.set(life, largest);
    largest.set(shard, Math.max(bytes, largest.get(shard) ?? 0));
    return largest;
  }

  /** Each shard may have the batch it works on and one that has just come, all together what they may read ahead. */
  #check(life: Life, read: ReadonlyMap<string, Read>, largest: ReadonlyMap<string, number>): void {
    const { prefetchBytes = 0 } = this.#promises.get(life) ?? {};
    const shards = new Set<string>();
    let held = 0;
    for (const { shard, bytes } of read.values()) {
      held += bytes;
      shards.add(shard);
    }
    let allowed = slack * prefetchBytes;
    for (const shard of shards) allowed += 2 * (largest.get(shard) ?? 0);
    if (held <= allowed) return;
    const message = `${life.name} holds ${held} bytes it has read, of ${allowed} it may`;
    this.#verdict.broken('memory is bounded', message, [life.name]);
  }
}
