import type { StreamRecord } from '@millrace/kinesis';

import type { Life } from '../world/life.ts';
import type { Trace } from '../world/trace.ts';
import { idIn, shardName } from './item.ts';
import { reaches, type LeaseBook } from './lease-book.ts';
import type { Ledger } from './ledger.ts';
import { placeName, type Place } from './place.ts';
import type { Invariant, Verdict } from './verdict.ts';

export interface DeliveryParts {
  readonly ledger: Ledger;
  readonly book: LeaseBook;
  readonly verdict: Verdict;
  readonly trace: Trace;
  readonly now: () => number;
  readonly leaseMs: number;
  /** Whether a key is left alone once one of its records has been put aside. */
  readonly parks: boolean;
}

type Delivered = Omit<StreamRecord<unknown>, 'value'>;

/** Judges every call of a handler, at the moment the record is handed over. */
export class Deliveries {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Records handed over together, in their order. Answers where they stand; those nobody stored are left out. */
  given(life: Life, records: readonly Delivered[]): readonly Place[] {
    const call = {};
    return records.map((record) => this.#given(life, record, call)).filter((place) => place !== undefined);
  }

  /** The record is out of the way: handled, put aside or skipped. */
  done(life: Life, place: Place, how: 'handled' | 'put aside' | 'skipped'): void {
    if (life.dead) return;
    this.#parts.trace.note(this.#parts.now(), life.name, how, place.item.id, () => where(place));
    place.done = true;
    place.doneBy = this.#parts.book.holding(life, place.shard);
    if (how === 'handled') place.handled = true;
  }

  #given(life: Life, record: Delivered, call: object): Place | undefined {
    const { ledger, trace, verdict, now } = this.#parts;
    const id = idIn(record.bytes);
    const shard = shardName(record.stream, record.shardId);
    const place = ledger.placeAt(shard, record);
    trace.note(now(), life.name, 'given', id, () => `${shard} ${placeName(record)}`);
    if (place === undefined || !isSame(place, record)) {
      verdict.broken('what is handled was put', `${life.name} was given ${id}, which is not what was put`, [
        id,
      ]);
      return undefined;
    }
    this.#checkLease(life, place);
    this.#checkOrder(life, place, call);
    place.given = call;
    return place;
  }

  /** One that comes again has been in order once; one from before the group's time is in order with nothing. */
  #checkOrder(life: Life, place: Place, call: object): void {
    const { ledger, verdict, parks } = this.#parts;
    if (!ledger.isOwed(place)) return;
    const broken = (invariant: Invariant, open: Place, what: string): void => {
      const message = `${place.item.id} was given to ${life.name} ${what} ${open.item.id}`;
      verdict.broken(invariant, message, [place.item.key, open.item.id, place.item.id]);
    };
    for (const open of place.done ? [] : ledger.before(place, 'done')) {
      if (open.given !== call) broken('keys are handled in order', open, 'before');
    }
    for (const missed of parks && !place.handled ? ledger.before(place, 'handled') : []) {
      if (missed.given !== call) broken('a parked key is left alone', missed, 'behind');
    }
  }

  #checkLease(life: Life, place: Place): void {
    const { book, verdict, now, leaseMs } = this.#parts;
    const holding = book.holding(life, place.shard);
    const subjects = [place.item.key, place.shard];
    if (holding === undefined) {
      verdict.broken('no delivery without a lease', `${life.name} never held ${place.shard}`, subjects);
      return;
    }
    const silentFor = now() - holding.confirmedAt;
    if (silentFor >= leaseMs) {
      const message = `${life.name} was given ${place.item.id} of ${place.shard}, its lease unconfirmed for ${Math.round(silentFor)} ms`;
      verdict.broken('no delivery without a lease', message, subjects);
    }
    if (place.foreign) {
      const message = `${place.item.id} is of another shard than ${place.shard}`;
      verdict.broken('what is handled was put', message, subjects);
    }
    if (!reaches(holding.from, place)) return;
    const message = `${life.name} took ${place.shard} behind ${where(place)} and was given it again`;
    verdict.broken('no delivery behind the checkpoint', message, subjects);
  }
}

function isSame({ item, aggregated }: Place, { bytes, partitionKey, explicitHashKey }: Delivered): boolean {
  // The service keeps no hash key; an aggregate carries those of its members.
  if (aggregated && explicitHashKey !== item.explicitHashKey) return false;
  return item.key === partitionKey && Buffer.compare(item.bytes, bytes) === 0;
}

function where(place: Place): string {
  return `${place.shard} ${placeName(place)}`;
}
