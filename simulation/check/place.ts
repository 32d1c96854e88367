import { compareSequenceNumbers, type SequenceNumber } from '@millrace/kinesis/record';

import type { Item } from './item.ts';

/** Where a user record stands in the stream. One item may have several places: a retry can store it twice. */
export interface Place {
  readonly item: Item;
  readonly shardId: string;
  readonly sequenceNumber: SequenceNumber;
  readonly subSequenceNumber: number;
  /** The service's wall time when it was stored. */
  readonly storedAt: number;
  /** Whether its hash key belongs to another shard, so that consumers pass it over. */
  readonly foreign: boolean;
  /** Handled, put aside or skipped: whatever lets a checkpoint pass it. */
  done: boolean;
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

/** Places in their order, and how far they are done. */
export class PlaceList {
  readonly #places: Place[] = [];
  #done = 0;

  get last(): Place | undefined {
    return this.#places.at(-1);
  }

  push(place: Place): void {
    this.#places.push(place);
  }

  at(sequenceNumbers: ReadonlySet<string>): readonly Place[] {
    return this.#places.filter(({ sequenceNumber }) => sequenceNumbers.has(sequenceNumber));
  }

  /** The first that is owed and not done. */
  firstOpen(isOwed: (place: Place) => boolean): Place | undefined {
    const places = this.#places;
    let place = places[this.#done];
    while (place !== undefined && (place.done || place.foreign || !isOwed(place))) {
      place = places[++this.#done];
    }
    return place;
  }

  /** Those owed and not done, in front of `end`. */
  *openBefore(end: Place, isOwed: (place: Place) => boolean): Iterable<Place> {
    this.firstOpen(isOwed);
    for (let index = this.#done; index < this.#places.length; index++) {
      const place = this.#places[index];
      if (place === undefined || place === end) return;
      if (!place.done && !place.foreign && isOwed(place)) yield place;
    }
  }

  /** The last that is owed. */
  lastOwed(isOwed: (place: Place) => boolean): Place | undefined {
    return this.#places.findLast((place) => !place.foreign && isOwed(place));
  }
}
