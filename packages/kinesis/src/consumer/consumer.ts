import type { Connection } from '../connection.ts';
import { MillraceError } from '../errors.ts';
import type { Handler } from '../process/index.ts';
import type { StreamRecord } from '../record/record.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { createPollingSource } from '../source/index.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { Fleet } from './fleet.ts';
import { iterate } from './iterate.ts';
import { resolveConsumerOptions, type ConsumerOptions, type ResolvedConsumerOptions } from './options.ts';
import { Worker, type ShardStatus } from './worker.ts';

export type RunOptions<T> = Handler<T> & {
  /** Closes the consumer, as {@link Consumer.close} does. */
  readonly signal?: AbortSignal;
};

export interface ConsumerStatus {
  readonly workerId: string;
  readonly group: string;
  /** The shards this worker holds now. */
  readonly shards: readonly ShardStatus[];
}

/** A worker of one group on one stream; the group's other workers may run anywhere. */
export interface Consumer<T> extends AsyncDisposable, AsyncIterable<StreamRecord<T>> {
  /**
   * Works until closed. Shards are handled side by side, the records of one shard in order. A record counts as handled when
   * the handler (and the promise it returned) is done; checkpoints never pass one that is not.
   *
   * Rejects with `HANDLER_FAILED` when the handler fails `maxAttempts` times on a record, with `STREAM_NOT_FOUND`,
   * `ACCESS_DENIED` and the like when going on is no use; in every case leases are given back first.
   */
  run(options: RunOptions<T>): Promise<void>;
  /** What this worker holds and how far it is. */
  status(): ConsumerStatus;
  /**
   * Starts no further record, waits up to `drain` (default `'25s'`) for the handlers to finish what they have, checkpoints and
   * gives every shard back, so another worker can take it at once. Idempotent.
   */
  close(options?: { readonly drain?: Duration }): Promise<void>;
}

/**
 * A consumer of one stream. With `for await` a record counts as handled when the next one is asked for.
 *
 * @example
 * ```ts
 * const consumer = createConsumer(orders, connect(), { group: 'billing', from: 'oldest' });
 * await consumer.run({ eachRecord: ({ value }) => bill(value) });
 * ```
 */
export function createConsumer<T>(
  stream: StreamDefinition<never, T>,
  connection: Pick<Connection, 'reader' | 'leases'>,
  options: ConsumerOptions,
): Consumer<T> {
  return new GroupConsumer(stream, connection, options);
}

class GroupConsumer<T> implements Consumer<T> {
  readonly #stream: StreamDefinition<never, T>;
  readonly #connection: Pick<Connection, 'reader' | 'leases'>;
  readonly #options: ResolvedConsumerOptions;
  #worker: Worker<T> | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(
    stream: StreamDefinition<never, T>,
    connection: Pick<Connection, 'reader' | 'leases'>,
    options: ConsumerOptions,
  ) {
    this.#stream = stream;
    this.#connection = connection;
    this.#options = resolveConsumerOptions(options);
  }

  async run(options: RunOptions<T>): Promise<void> {
    if (this.#closed || this.#running !== undefined) throw this.#unusable();
    const { signal } = options;
    const onAbort = (): void => void this.close();
    const worker = this.#createWorker(options);
    this.#worker = worker;
    if (signal?.aborted === true) return;
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#running = worker.run();
    try {
      await this.#running;
    } finally {
      this.#closed = true;
      signal?.removeEventListener('abort', onAbort);
    }
  }

  status(): ConsumerStatus {
    const { workerId, group } = this.#options;
    return { workerId, group, shards: this.#worker?.shards ?? [] };
  }

  async close(options: { readonly drain?: Duration } = {}): Promise<void> {
    this.#closed = true;
    const drainMs = toMilliseconds(options.drain ?? 25_000, 'close.drain');
    this.#worker?.stop();
    const giveUp = this.#options.clock.timer(drainMs, () => this.#worker?.kill());
    // Why it ended is told to whoever awaits run().
    await this.#running?.catch(() => {});
    giveUp[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamRecord<T>> {
    return iterate(this);
  }

  #createWorker(handler: Handler<T>): Worker<T> {
    const { reader, leases } = this.#connection;
    const { group, pollIntervalMs, batchSize, clock } = this.#options;
    const stream = this.#stream;
    const store = leases(group);
    const source = createPollingSource(reader, {
      stream: stream.name,
      intervalMs: pollIntervalMs,
      limit: batchSize,
      clock,
    });
    const fleet = new Fleet(stream.name, store, reader, this.#options);
    return new Worker(fleet, store, { ...this.#options, stream, source, handler });
  }

  #unusable(): MillraceError {
    const state = this.#closed ? 'closed' : 'running already';
    return new MillraceError('CLOSED', `The consumer of ${this.#stream.name} is ${state}.`, {
      advice: 'Create another consumer: each runs once.',
      stream: this.#stream.name,
    });
  }
}
