import type { RawStreamRecord } from './raw-record.ts';

/** A place in a shard. */
export type Place = Pick<RawStreamRecord, 'sequenceNumber' | 'subSequenceNumber'>;

/** Keys whose records are put aside, each with the place of the first that failed. Bounded. */
export class Parking {
  readonly #keys: Map<string, Place>;

  constructor(keys: Iterable<readonly [string, Place]> = []) {
    this.#keys = new Map(keys);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The first record of that key that failed; undefined when the key is not parked. */
  first(partitionKey: string): Place | undefined {
    return this.#keys.size === 0 ? undefined : this.#keys.get(partitionKey);
  }

  park({ partitionKey, sequenceNumber, subSequenceNumber }: RawStreamRecord): void {
    if (!this.#keys.has(partitionKey)) this.#keys.set(partitionKey, { sequenceNumber, subSequenceNumber });
  }

  /** False when it was not parked. */
  unpark(partitionKey: string): boolean {
    return this.#keys.delete(partitionKey);
  }

  [Symbol.iterator](): IterableIterator<[string, Place]> {
    return this.#keys.entries();
  }
}
