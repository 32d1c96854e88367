import type { OutgoingRecord } from '@millrace/kinesis/record';

import type { Life } from '../world/life.ts';
import type { Gauge } from '../world/stream-ports.ts';
import { reaches, type LeaseBook } from './lease-book.ts';
import type { Ledger } from './ledger.ts';
import type { Place } from './place.ts';
import type { Verdict } from './verdict.ts';

/** What a process promised to hold at most. */
export interface MemoryPromise {
  readonly requests: number;
  readonly requestBytes: number;
}

/** What the last read of a shard brought. */
interface Batch {
  readonly holding: object | undefined;
  readonly places: readonly Place[];
}

/** What an aggregate takes beside its members: magic, digest, keys once more, lengths. */
const overhead = 1.5;

/** Weighs what processes hold: requests under way, and records read that are not handled. */
export class MemoryGauge implements Gauge {
  readonly #verdict: Verdict;
  readonly #ledger: Ledger;
  readonly #book: LeaseBook;
  readonly #promises = new WeakMap<Life, MemoryPromise>();
  readonly #writing = new WeakMap<Life, { requests: number; bytes: number }>();
  readonly #read = new WeakMap<Life, Map<string, Batch>>();

  constructor(verdict: Verdict, ledger: Ledger, book: LeaseBook) {
    this.#verdict = verdict;
    this.#ledger = ledger;
    this.#book = book;
  }

  promised(life: Life, promise: MemoryPromise): void {
    this.#promises.set(life, promise);
  }

  writing(life: Life, entries: readonly OutgoingRecord[]): () => void {
    const promise = this.#promises.get(life);
    const held = this.#writing.get(life) ?? { requests: 0, bytes: 0 };
    this.#writing.set(life, held);
    const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
    held.requests++;
    held.bytes += bytes;
    if (promise !== undefined) {
      const tooMany = held.requests > promise.requests;
      if (tooMany || held.bytes > promise.requestBytes * overhead) {
        const message = `${life.name} has ${held.requests} requests of ${held.bytes} bytes under way`;
        this.#verdict.broken('memory is bounded', message, [life.name]);
      }
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      held.requests--;
      held.bytes -= bytes;
    };
  }

  reading(life: Life, shardId: string): void {
    const batch = this.#read.get(life)?.get(shardId);
    const holding = this.#book.holding(life, shardId);
    // What an earlier holding had read went with it.
    if (batch === undefined || holding === undefined || batch.holding !== holding) return;
    const open = batch.places.filter((place) => {
      const owed = !place.done && !place.foreign && this.#ledger.isOwed(place);
      return owed && !reaches(holding.from, place);
    });
    if (open.length === 0) return;
    const message = `${life.name} reads ${shardId} with ${open.length} records in its hands`;
    this.#verdict.broken('memory is bounded', message, [shardId]);
  }

  received(life: Life, shardId: string, sequenceNumbers: readonly string[]): void {
    let shards = this.#read.get(life);
    if (shards === undefined) this.#read.set(life, (shards = new Map()));
    const places = this.#ledger.placesOf(shardId, new Set(sequenceNumbers));
    shards.set(shardId, { holding: this.#book.holding(life, shardId), places });
  }
}
