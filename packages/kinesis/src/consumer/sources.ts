import type { Connection } from '../connection.ts';
import { optionError } from '../runtime/options.ts';
import {
  ByteBudget,
  ConsumerRegistration,
  createAutoSource,
  createFanOutSource,
  createPollingSource,
  deregisterStreamConsumer,
  readAhead,
  type FanOut,
  type ShardReader,
  type ShardSource,
} from '../source/index.ts';
import type { ResolvedConsumerOptions } from './options.ts';

/** Subscriptions that may fail in a row before a shard is polled instead. */
const autoPatience = 5;

/** How this worker reads its streams: a source for each, with what is read ahead bounded over all of them. */
export class Sources {
  readonly #reader: ShardReader;
  readonly #fanOut: FanOut | undefined;
  readonly #options: ResolvedConsumerOptions;
  readonly #ahead: ByteBudget;
  readonly #subscribed: string[] = [];

  /** Throws `OPTION_INVALID` when fan-out is asked for and the connection has none. */
  constructor({ reader, fanOut }: Pick<Connection, 'reader' | 'fanOut'>, options: ResolvedConsumerOptions) {
    if (options.retrieval === 'fan-out' && fanOut === undefined) {
      throw optionError(
        'consumer.retrieval',
        'fan-out',
        "'polling' or 'auto': this connection has no fan-out",
      );
    }
    this.#reader = reader;
    this.#fanOut = fanOut;
    this.#options = options;
    this.#ahead = new ByteBudget(options.prefetchBytes);
  }

  of(stream: string): ShardSource {
    return readAhead(this.#choose(stream), this.#ahead);
  }

  /** Deregisters the stream consumers this worker reads by. */
  async deregister(): Promise<void> {
    const fanOut = this.#fanOut;
    if (fanOut === undefined) return;
    const { fanOutName: name, clock } = this.#options;
    const connection = { fanOut, reader: this.#reader };
    for (const stream of this.#subscribed)
      await deregisterStreamConsumer(connection, { stream, name, clock });
  }

  #choose(stream: string): ShardSource {
    const { retrieval, clock } = this.#options;
    const fanOut = this.#fanOut;
    if (retrieval === 'polling' || fanOut === undefined) return this.#polling(stream);
    this.#subscribed.push(stream);
    const registration = { stream, name: this.#options.fanOutName, clock };
    const consumer = new ConsumerRegistration({ fanOut, reader: this.#reader }, registration);
    if (retrieval === 'fan-out') return createFanOutSource(fanOut, { stream, consumer, clock });
    const subscriptions = createFanOutSource(fanOut, { stream, consumer, clock, patience: autoPatience });
    return createAutoSource(subscriptions, this.#polling(stream), { stream, consumer, clock });
  }

  #polling(stream: string): ShardSource {
    const { pollIntervalMs, idlePollIntervalMs, readers, batchSize, clock } = this.#options;
    return createPollingSource(this.#reader, {
      stream,
      intervalMs: pollIntervalMs,
      idleMs: idlePollIntervalMs,
      readers,
      limit: batchSize,
      clock,
    });
  }
}
