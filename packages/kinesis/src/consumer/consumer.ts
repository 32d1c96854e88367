import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

import type { Connection } from '../connection.ts';
import { MillraceError } from '../errors.ts';
import type { Handler } from '../process/index.ts';
import type { StreamRecord } from '../record/record.ts';
import { publish } from '../runtime/diagnostics.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { Fleet } from './fleet.ts';
import { iterateBatches, iterateRecords } from './iterate.ts';
import { resolveConsumerOptions, type ConsumerOptions, type ResolvedConsumerOptions } from './options.ts';
import { toReadable, toReadableStream } from './readable.ts';
import { Sources } from './sources.ts';
import type { ConsumerStatus, ShardSelector } from './status.ts';
import { checkStreams, streamsInHand } from './stream-in-hand.ts';
import { Worker } from './worker.ts';

export type RunOptions<T> = Handler<T> & {
  /** Closes the consumer, as {@link Consumer.close} does. */
  readonly signal?: AbortSignal;
};

/** A worker of one group; the group's other workers may run anywhere. It runs once, in one of the ways it can be read. */
export interface Consumer<T> extends AsyncDisposable, AsyncIterable<StreamRecord<T>> {
  /**
   * Works until closed. Shards are handled side by side, the records of one shard in order. A record counts as handled when
   * the handler (and the promise it returned) is done; checkpoints never pass one that is not.
   *
   * Rejects with `HANDLER_FAILED` when the handler fails `maxAttempts` times on a record, with `STREAM_NOT_FOUND`,
   * `ACCESS_DENIED` and the like when going on is no use; in every case leases are given back first.
   */
  run(options: RunOptions<T>): Promise<void>;
  /** An iteration over batches, the records of a shard that arrived together. One counts as handled when the next is asked for. */
  batches(): AsyncIterableIterator<readonly StreamRecord<T>[]>;
  /**
   * A Node stream of records. One counts as handled when the next is read, so what the streams behind it hold, `highWaterMark`
   * of each, may be lost to a crash: where nothing may, use {@link Consumer.run}. Destroying it closes the consumer.
   */
  readable(): Readable;
  /** A web stream of records, with the same promise as {@link Consumer.readable}. Cancelling it closes the consumer. */
  readableStream(): ReadableStream<StreamRecord<T>>;
  /** Hands over no further record of the selected shards, of all when nothing is selected, until {@link Consumer.resume}. Leases are kept. */
  pause(selector?: ShardSelector): void;
  /** Goes on with the selected shards, with all when nothing is selected. */
  resume(selector?: ShardSelector): void;
  /**
   * Hands over the records of a key again that was parked, from the next one on, in the selected shards this worker holds.
   * Answers in how many it was parked. See {@link parkTheKey}.
   */
  unpark(partitionKey: string, selector?: ShardSelector): number;
  /** What this worker holds and how far it is. */
  status(): ConsumerStatus;
  /**
   * Starts no further record, waits up to `drain` (default `'25s'`) for the handlers to finish what they have, checkpoints and
   * gives every shard back, so another worker can take it at once. Idempotent.
   */
  close(options?: { readonly drain?: Duration }): Promise<void>;
}

type ConsumerConnection = Pick<Connection, 'reader' | 'fanOut' | 'leases'>;

/** What flows in any of several streams. */
type ValueIn<S extends readonly StreamDefinition<never, unknown>[]> =
  S[number] extends StreamDefinition<never, infer T> ? T : never;

/**
 * A consumer of one stream, or, given an array, of several in one group: their leases then carry the stream they are of, as the
 * KCL's for several streams do, so that one stream and an array of one are different groups to the store.
 *
 * With `for await` a record counts as handled when the next one is asked for. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * const consumer = createConsumer(orders, connect(), { group: 'billing', from: 'oldest' });
 * await consumer.run({ eachRecord: ({ value }) => bill(value) });
 * ```
 */
export function createConsumer<T>(
  stream: StreamDefinition<never, T>,
  connection: ConsumerConnection,
  options: ConsumerOptions,
): Consumer<T>;
export function createConsumer<const S extends readonly StreamDefinition<never, unknown>[]>(
  streams: S,
  connection: ConsumerConnection,
  options: ConsumerOptions,
): Consumer<ValueIn<S>>;
export function createConsumer(
  streams: StreamDefinition<never, unknown> | readonly StreamDefinition<never, unknown>[],
  connection: ConsumerConnection,
  options: ConsumerOptions,
): Consumer<unknown> {
  return new GroupConsumer(streams, connection, options);
}

class GroupConsumer<T> implements Consumer<T> {
  readonly #definitions: readonly StreamDefinition<never, T>[];
  readonly #several: boolean;
  readonly #connection: ConsumerConnection;
  readonly #options: ResolvedConsumerOptions;
  readonly #sources: Sources;
  #worker: Worker<T> | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(
    streams: StreamDefinition<never, T> | readonly StreamDefinition<never, T>[],
    connection: ConsumerConnection,
    options: ConsumerOptions,
  ) {
    this.#several = 'length' in streams;
    this.#definitions = 'length' in streams ? streams : [streams];
    checkStreams(this.#names);
    this.#connection = connection;
    this.#options = resolveConsumerOptions(options);
    this.#sources = new Sources(connection, this.#options);
  }

  async run(options: RunOptions<T>): Promise<void> {
    if (this.#closed || this.#running !== undefined) throw this.#unusable();
    const { signal } = options;
    const onAbort = (): void => void this.close();
    if (signal?.aborted === true) return;
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#running = this.#work(options);
    try {
      await this.#running;
    } finally {
      this.#closed = true;
      signal?.removeEventListener('abort', onAbort);
    }
  }

  batches(): AsyncIterableIterator<readonly StreamRecord<T>[]> {
    return iterateBatches(this);
  }

  readable(): Readable {
    return toReadable(iterateRecords(this), () => this.close({ drain: 0 }));
  }

  readableStream(): ReadableStream<StreamRecord<T>> {
    return toReadableStream(iterateRecords(this), () => this.close({ drain: 0 }));
  }

  pause(selector: ShardSelector = {}): void {
    this.#worker?.pause(selector);
  }

  resume(selector: ShardSelector = {}): void {
    this.#worker?.resume(selector);
  }

  unpark(partitionKey: string, selector: ShardSelector = {}): number {
    return this.#worker?.unpark(partitionKey, selector) ?? 0;
  }

  status(): ConsumerStatus {
    const { workerId, group } = this.#options;
    return {
      workerId,
      group,
      streams: this.#names,
      shards: this.#worker?.shards ?? [],
      foreignRecords: this.#worker?.foreignRecords ?? 0,
    };
  }

  async close(options: { readonly drain?: Duration } = {}): Promise<void> {
    const drainMs = toMilliseconds(options.drain ?? 25_000, 'close.drain');
    if (!this.#closed) this.#tell('closing');
    this.#closed = true;
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
    return iterateRecords(this);
  }

  async #work(handler: Handler<T>): Promise<void> {
    const { reader, leases } = this.#connection;
    const options = this.#options;
    const store = leases(options.group);
    const fleet = new Fleet(store, options);
    const input = { reader, store, options, sources: this.#sources };
    const worker = new Worker<T>({
      ...options,
      store,
      fleet,
      handler,
      streams: (signal) =>
        streamsInHand({ ...input, definitions: this.#definitions, several: this.#several }, signal),
    });
    this.#worker = worker;
    this.#tell('started');
    try {
      await worker.run();
      this.#tell('ended');
    } catch (error) {
      this.#tell('ended', { error });
      throw error;
    } finally {
      if (options.deregister) await this.#deregister(fleet, worker);
    }
  }

  /** Others of the group may read by the stream consumer still: the last one deregisters it. */
  async #deregister(fleet: Fleet, worker: Worker<T>): Promise<void> {
    try {
      if (!(await fleet.hasOthers(worker.isOurs))) await this.#sources.deregister();
    } catch (error) {
      publish('consumer:error', () => ({ error }));
    }
  }

  #tell(what: 'started' | 'closing' | 'ended', why: object = {}): void {
    const { group, workerId } = this.#options;
    publish(`consumer:${what}`, () => ({ group, workerId, streams: this.#names, ...why }));
  }

  get #names(): readonly string[] {
    return this.#definitions.map(({ name }) => name);
  }

  #unusable(): MillraceError {
    const state = this.#closed ? 'closed' : 'running already';
    const streams = this.#names.join(', ');
    return new MillraceError('CLOSED', `The consumer of ${streams} is ${state}.`, {
      advice: 'Create another consumer: each runs once.',
      stream: streams,
    });
  }
}
