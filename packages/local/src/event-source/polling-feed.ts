import { isMillraceError } from '@millrace/kinesis/errors';
import { toSequenceNumber, type Position } from '@millrace/kinesis/record';

import { isServiceError } from '../engine/service-error.ts';
import type { FeedPage, ShardFeed } from './source.ts';

/** How one shard is polled. */
export interface Poll {
  openIterator(position: Position): Promise<string>;
  read(iterator: string, limit: number): Promise<FeedPage & { readonly nextIterator: string | undefined }>;
  readonly onArrival?: (listener: () => void) => Disposable;
}

/** Reads a shard by polling. An iterator that expired is opened anew behind the last record read. */
export class PollingFeed implements ShardFeed {
  readonly pushed = false;
  readonly onArrival?: (listener: () => void) => Disposable;
  readonly #poll: Poll;
  readonly #now: () => number;
  #position: Position;
  #iterator: string | undefined;
  #ended = false;

  constructor(poll: Poll, position: Position, now: () => number) {
    this.#poll = poll;
    this.#position = position;
    this.#now = now;
    const { onArrival } = poll;
    if (onArrival !== undefined) this.onArrival = onArrival;
  }

  get position(): Position {
    return this.#position;
  }

  async open(): Promise<void> {
    const openedAt = this.#now();
    this.#iterator ??= await this.#poll.openIterator(this.#position);
    // LATEST means what comes from here on: opened anew it must not skip what came meanwhile.
    if (this.#position.type === 'now') this.#position = { type: 'time', at: openedAt };
  }

  async next(limit: number): Promise<FeedPage> {
    if (this.#ended) return { records: [], behind: false, ended: true };
    try {
      return await this.#read(limit);
    } catch (error) {
      if (!isExpired(error)) throw error;
      this.#iterator = undefined;
      return this.#read(limit);
    }
  }

  close(): void {
    // Nothing waits, and an iterator costs nothing.
  }

  async #read(limit: number): Promise<FeedPage> {
    await this.open();
    const readAt = this.#now();
    const { nextIterator, ...page } = await this.#poll.read(this.#iterator ?? '', limit);
    const last = page.records.at(-1);
    if (last !== undefined) {
      this.#position = { type: 'after', sequenceNumber: toSequenceNumber(last.sequenceNumber) };
    } else if (this.#position.type === 'time') this.#position = { type: 'time', at: readAt };
    this.#iterator = nextIterator;
    this.#ended = page.ended;
    return page;
  }
}

function isExpired(error: unknown): boolean {
  return (
    isMillraceError(error, 'ITERATOR_EXPIRED') ||
    (isServiceError(error) && error.type === 'ExpiredIteratorException')
  );
}
