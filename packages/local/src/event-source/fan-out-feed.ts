import { isMillraceError } from '@millrace/kinesis/errors';
import type { Position } from '@millrace/kinesis/record';
import type { FanOut, FanOutEvent } from '@millrace/kinesis/source';

import { toShardRecord } from './record.ts';
import type { FeedPage, ShardFeed } from './source.ts';

export interface FanOutFeedInit {
  readonly fanOut: FanOut;
  readonly consumerArn: string;
  readonly shardId: string;
  readonly position: Position;
  readonly now: () => number;
}

/** Reads a shard through a registered consumer; a subscription that ended is followed by the next. */
export class FanOutFeed implements ShardFeed {
  readonly pushed = true;
  readonly #fanOut: FanOut;
  readonly #consumerArn: string;
  readonly #shardId: string;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  #position: Position;
  #events: AsyncIterator<FanOutEvent> | undefined;
  #ended = false;

  constructor(init: FanOutFeedInit) {
    this.#fanOut = init.fanOut;
    this.#consumerArn = init.consumerArn;
    this.#shardId = init.shardId;
    this.#position = init.position;
    this.#now = init.now;
  }

  get position(): Position {
    return this.#position;
  }

  async open(): Promise<void> {
    const openedAt = this.#now();
    this.#events ??= await this.#subscribe();
    if (this.#position.type === 'now') this.#position = { type: 'time', at: openedAt };
  }

  async next(): Promise<FeedPage> {
    try {
      return await this.#next();
    } catch (error) {
      this.#events = undefined;
      // Who closed it does not want to hear how it ended.
      if (this.#closing.signal.aborted || isMillraceError(error, 'ABORTED')) return this.#empty();
      throw error;
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #next(): Promise<FeedPage> {
    while (!this.#ended && !this.#closing.signal.aborted) {
      await this.open();
      const { done = true, value } = (await this.#events?.next()) ?? {};
      if (done || value === undefined) {
        this.#events = undefined;
        continue;
      }
      const { records, continuation, millisBehindLatest } = value;
      if (continuation === undefined) this.#ended = true;
      else this.#position = { type: 'after', sequenceNumber: continuation };
      return { records: records.map(toShardRecord), behind: millisBehindLatest > 0, ended: this.#ended };
    }
    return this.#empty();
  }

  async #subscribe(): Promise<AsyncIterator<FanOutEvent>> {
    const { signal } = this.#closing;
    const events = await this.#fanOut.subscribe(this.#consumerArn, this.#shardId, this.#position, { signal });
    return events[Symbol.asyncIterator]();
  }

  #empty(): FeedPage {
    return { records: [], behind: false, ended: this.#ended };
  }
}
