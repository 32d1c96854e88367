import { isMillraceError } from '@millrace/kinesis/errors';
import type { Position } from '@millrace/kinesis/record';
import type { FanOut, FanOutEvent } from '@millrace/kinesis/source';

import { toShardRecord } from './record.ts';
import type { FeedPage, ShardFeed } from './source.ts';

/** Reads a shard through a registered consumer; a subscription that ended is followed by the next. */
export class FanOutFeed implements ShardFeed {
  readonly pushed = true;
  readonly #fanOut: FanOut;
  readonly #consumerArn: string;
  readonly #shardId: string;
  readonly #closing = new AbortController();
  #position: Position;
  #events: AsyncIterator<FanOutEvent> | undefined;
  #ended = false;

  constructor(fanOut: FanOut, consumerArn: string, shardId: string, position: Position) {
    this.#fanOut = fanOut;
    this.#consumerArn = consumerArn;
    this.#shardId = shardId;
    this.#position = position;
  }

  get position(): Position {
    return this.#position;
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
      this.#events ??= await this.#subscribe();
      const { done, value } = await this.#events.next();
      if (done === true) {
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
