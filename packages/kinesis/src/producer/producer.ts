import { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { unlessAborted } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { integerOption } from '../runtime/options.ts';
import type { Distribution, StreamDefinition } from '../stream/stream.ts';
import { Dispatch } from './dispatch.ts';
import type { HotKey } from './hot-keys.ts';
import { Intake } from './intake.ts';
import { checkKeyless, resolveProducerOptions, type OptionsFor, type ProducerOptions } from './options.ts';
import type { Receipt } from './pending.ts';
import { putEach, type PutCount, type PutManyOptions, type PutOptions } from './put-each.ts';
import type { RecordWriter } from './record-writer.ts';
import { RecordLimit, type StreamDescriber } from './record-limit.ts';
import type { ShardLister } from './shard-follower.ts';
import { Submission, type Putter, type Rooms } from './submission.ts';
import { Tally } from './tally.ts';
import { createWritable } from './writable.ts';

/**
 * The part of a connection a producer uses. Without a reader it cannot follow the stream's shards, and takes no larger
 * record than every stream does unless told; it manages.
 */
export interface ProducerPorts {
  readonly writer: RecordWriter;
  readonly reader?: ShardLister & Partial<StreamDescriber>;
}

/** Puts values into one stream; never drops one silently. */
export interface Producer<In> extends AsyncDisposable {
  /**
   * Puts one value. Resolves when the service has stored it, with its place. While `maxBufferedBytes` are inside, the
   * record waits at the door in its turn: awaiting `put` is the back-pressure.
   *
   * Rejects with `VALUE_INVALID` or `RECORD_INVALID` (bad input, never sent), `PUT_DEADLINE` (not stored in time),
   * `PUT_REJECTED`, `STREAM_NOT_FOUND`, `ACCESS_DENIED` and the like (no retry can help), `CLOSED`, `ABORTED`. A rejection
   * nobody awaits is not an unhandled rejection: it is counted by {@link Producer.flush}.
   */
  put(value: In, options?: PutOptions): Promise<Receipt>;
  /** Puts everything `values` gives, pulling only while there is room; resolves when all are settled. */
  putMany(values: Iterable<In> | AsyncIterable<In>, options?: PutManyOptions<In>): Promise<PutCount>;
  /**
   * The producer as a stream: writing waits while the producer is full, closing waits until everything is settled and fails
   * if a record could not be stored. For Node streams, `Writable.fromWeb(producer.writable)`. Each access makes another.
   */
  readonly writable: WritableStream<In>;
  /**
   * The partition keys that took most records of each shard since the start, heaviest first; `count` of each, 1 to 64
   * (default 10). A shard whose first key has most of its records is helped by no reshard.
   */
  hotKeys(count?: number): ReadonlyMap<string, readonly HotKey[]>;
  /**
   * Sends what waits without lingering; resolves when everything put so far is settled, with the counts since the start.
   * `signal` gives up waiting, with `ABORTED`; the records are sent all the same.
   */
  flush(options?: { readonly signal?: AbortSignal }): Promise<PutCount>;
  /**
   * Takes no more, sends what is inside and resolves when all of it is settled. After `drain` (default: no limit but each
   * record's own deadline) the rest is rejected with `CLOSED`. Idempotent.
   */
  close(options?: { readonly drain?: Duration }): Promise<PutCount>;
}

/**
 * A producer for one stream: collects records, sends up to 500 a call, retries only what failed.
 *
 * @example
 * ```ts
 * await using producer = createProducer(orders, connect(), { ordering: 'key' });
 * const receipt = await producer.put({ id: '1', customer: 'ada', total: 12.5 });
 * ```
 */
export function createProducer<In, D extends Distribution = Distribution>(
  stream: StreamDefinition<In, unknown, D>,
  connection: ProducerPorts,
  options?: OptionsFor<D>,
): Producer<In> {
  return new StreamProducer(stream, connection, options ?? {});
}

class StreamProducer<In> implements Producer<In> {
  readonly #stream: StreamDefinition<In, unknown>;
  readonly #rooms: Rooms;
  readonly #limit: RecordLimit;
  #closing: Promise<PutCount> | undefined;

  constructor(stream: StreamDefinition<In, unknown>, ports: ProducerPorts, given: ProducerOptions) {
    const options = resolveProducerOptions(given);
    const { maxBufferedBytes: maxBytes, clock } = options;
    const keyless = stream.distribution === 'auto';
    if (keyless) checkKeyless(options);
    this.#stream = stream;
    this.#limit = new RecordLimit({
      stream: stream.name,
      given: options.maxRecordBytes,
      describer: ports.reader,
      timeoutMs: options.requestTimeoutMs,
      clock,
    });
    const intake = new Intake({ stream: stream.name, maxBytes, limit: this.#limit, keyless });
    // Which shard a record without a key goes to, no map can tell.
    const reached = keyless ? { writer: ports.writer } : ports;
    this.#rooms = {
      stream: stream.name,
      options,
      intake,
      dispatch: new Dispatch(stream.name, reached, options, () => intake.bytesInside),
      tally: new Tally(),
    };
  }

  put(value: In, options: PutOptions = {}): Promise<Receipt> {
    const receipt = new Promise<Receipt>((resolve, reject) => {
      const putter: Putter<In> = { admitted: () => {}, stored: resolve, refused: reject };
      this.#submit(value, options, putter);
    });
    receipt.catch(() => {});
    return receipt;
  }

  putMany(values: Iterable<In> | AsyncIterable<In>, options: PutManyOptions<In> = {}): Promise<PutCount> {
    return putEach(
      values,
      options,
      (value, putter) => this.#submit(value, options, putter),
      () => this.#rooms.dispatch.need(),
    );
  }

  get writable(): WritableStream<In> {
    return createWritable({
      submit: (value, putter) => this.#submit(value, {}, putter),
      flush: () => this.flush(),
    });
  }

  hotKeys(count = 10): ReadonlyMap<string, readonly HotKey[]> {
    return this.#rooms.dispatch.hotKeys.top(integerOption('hotKeys.count', count, 1, 64));
  }

  async flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<PutCount> {
    this.#rooms.dispatch.flush();
    await unlessAborted(this.#rooms.tally.settled(), signal);
    return this.#rooms.tally.count;
  }

  close(options: { readonly drain?: Duration } = {}): Promise<PutCount> {
    this.#closing ??= this.#close(options.drain);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #submit(value: In, { signal, headers }: PutOptions, putter: Putter<In>): void {
    if (this.#closing !== undefined) {
      putter.refused(closedError(this.#stream.name), value);
      return;
    }
    const record = this.#encode(value, headers);
    this.#rooms.intake.arrive(new Submission(this.#rooms, value, putter, { record, signal }));
  }

  /** What a schema or a key function throws is the record's fate, like everything else. */
  #encode(value: In, headers: PutOptions['headers']): Submission<In>['offered'] {
    try {
      return withHeaders(this.#stream.encode(value), headers);
    } catch (error) {
      const failed = async (): Promise<OutgoingRecord> => {
        throw error;
      };
      return failed();
    }
  }

  async #close(drain: Duration | undefined): Promise<PutCount> {
    const { options, intake, dispatch, tally } = this.#rooms;
    const error = closedError(this.#stream.name);
    const giveUp =
      drain === undefined
        ? undefined
        : options.clock.timer(toMilliseconds(drain, 'close.drain'), () => {
            intake.close(error);
            dispatch.abandon(error);
          });
    dispatch.keepFlushing();
    await tally.settled();
    giveUp?.[Symbol.dispose]();
    dispatch.stop();
    this.#limit.stop();
    return tally.count;
  }
}

function withHeaders(
  record: OutgoingRecord | Promise<OutgoingRecord>,
  headers: PutOptions['headers'],
): OutgoingRecord | Promise<OutgoingRecord> {
  if (headers === undefined) return record;
  if (record instanceof Promise) return record.then((encoded) => ({ ...encoded, headers }));
  return { ...record, headers };
}

function closedError(stream: string): MillraceError {
  return new MillraceError('CLOSED', `The producer of ${stream} is closed.`, {
    advice: 'Put before close(), give close() more time to drain, or create another producer.',
    stream,
  });
}
