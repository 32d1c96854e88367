import { compareSequenceNumbers, type SequenceNumber } from '@millrace/kinesis/record';

import type { Item } from './item.ts';

/** Where a user record stands in the stream. One item may have several places: a retry can store it twice. */
export interface Place {
  readonly item: Item;
  /** Its stream and its id, as `shardName` puts them. */
  readonly shard: string;
  readonly sequenceNumber: SequenceNumber;
  readonly subSequenceNumber: number;
  /** The service's wall time when it was stored. */
  readonly storedAt: number;
  /** When that really was, virtual milliseconds: the service's clock may go back. */
  readonly at: number;
  /** Whether it shares a record with others. */
  readonly aggregated: boolean;
  /** Whether its hash key belongs to another shard, so that consumers pass it over. */
  readonly foreign: boolean;
  /** Handled, put aside or skipped: whatever lets a checkpoint pass it. */
  done: boolean;
  /** A handler has taken it. */
  handled: boolean;
  /** The holding of the shard under which that was last: one that takes the lease again has it still to do. */
  doneBy: object | undefined;
  /** The call of the handler it was last given to. */
  given: object | undefined;
}

export interface Position {
  readonly sequenceNumber: SequenceNumber;
  readonly subSequenceNumber: number;
}

export function comparePlaces(a: Position, b: Position): number {
  if (a.sequenceNumber === b.sequenceNumber) return a.subSequenceNumber - b.subSequenceNumber;
  return compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber);
}

export function placeName({ sequenceNumber, subSequenceNumber }: Position): string {
  return `${sequenceNumber}:${subSequenceNumber}`;
}

type IsOwed = (place: Place) => boolean;
type Mark = 'done' | 'handled';

/** Places in their order, and how far they are done. */
export class PlaceList {
  readonly #places: Place[] = [];
  /** Everything before these bears the mark, or need not. */
  readonly #cursors: Record<Mark, number> = { done: 0, handled: 0 };

  push(place: Place): void {
    this.#places.push(place);
  }

  /** The first that is owed and does not bear the mark. */
  firstWithout(mark: Mark, isOwed: IsOwed): Place | undefined {
    const places = this.#places;
    let place = places[this.#cursors[mark]];
    while (place !== undefined && (place[mark] || place.foreign || !isOwed(place))) {
      place = places[++this.#cursors[mark]];
    }
    return place;
  }

  /** Those in front of `end` that are owed and do not bear the mark. */
  *without(mark: Mark, end: Place, isOwed: IsOwed): Iterable<Place> {
    this.firstWithout(mark, isOwed);
    for (let index = this.#cursors[mark]; index < this.#places.length; index++) {
      const place = this.#places[index];
      if (place === undefined || place === end) return;
      if (!place[mark] && !place.foreign && isOwed(place)) yield place;
    }
  }

  /** Those that are owed and for which `matters` holds. */
  filter(isOwed: IsOwed, matters: (place: Place) => boolean): readonly Place[] {
    return this.#places.filter((place) => !place.foreign && isOwed(place) && matters(place));
  }

  find(matters: (place: Place) => boolean): Place | undefined {
    return this.#places.find((place) => !place.foreign && matters(place));
  }

  /** The last that is owed. */
  lastOwed(isOwed: IsOwed): Place | undefined {
    return this.#places.findLast((place) => !place.foreign && isOwed(place));
  }
}
