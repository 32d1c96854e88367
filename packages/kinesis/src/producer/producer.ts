import { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { nextTurn, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { Dispatch } from './dispatch.ts';
import { Intake } from './intake.ts';
import { resolveProducerOptions, type ProducerOptions, type ResolvedProducerOptions } from './options.ts';
import type { Receipt } from './pending.ts';
import type { RecordWriter } from './record-writer.ts';
import type { ShardLister } from './shard-follower.ts';
import { Tally } from './tally.ts';

/** The part of a connection a producer uses. Without a reader it cannot follow the stream's shards, and manages. */
export interface ProducerPorts {
  readonly writer: RecordWriter;
  readonly reader?: ShardLister;
}

export interface PutOptions {
  /** Names and values for the consumer; see {@link StreamRecord.headers}. They put the record in the KPL's format. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up waiting at the door. A record already accepted is still sent. */
  readonly signal?: AbortSignal;
}

export interface PutManyOptions<In> extends PutOptions {
  readonly onReceipt?: (receipt: Receipt, value: In) => void;
  /** Called for each record that could not be stored. Without it the first failure ends `putMany` with that error. */
  readonly onFailure?: (error: unknown, value: In) => void;
}

/** How many records were settled, one way or the other. */
export interface PutCount {
  readonly delivered: number;
  readonly failed: number;
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
  /** Sends what waits without lingering; resolves when everything put so far is settled, with the counts since the start. */
  flush(): Promise<PutCount>;
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
export function createProducer<In>(
  stream: StreamDefinition<In, unknown>,
  connection: ProducerPorts,
  options: ProducerOptions = {},
): Producer<In> {
  return new StreamProducer(stream, connection, options);
}

/** Records `putMany` pulls before it lets the event loop turn. */
const TURN_AFTER = 256;

class StreamProducer<In> implements Producer<In> {
  readonly #stream: StreamDefinition<In, unknown>;
  readonly #clock: Clock;
  readonly #options: ResolvedProducerOptions;
  readonly #intake: Intake;
  readonly #dispatch: Dispatch;
  readonly #tally = new Tally();
  #closing: Promise<PutCount> | undefined;

  constructor(stream: StreamDefinition<In, unknown>, ports: ProducerPorts, options: ProducerOptions) {
    const resolved = resolveProducerOptions(options);
    this.#stream = stream;
    this.#clock = resolved.clock;
    this.#options = resolved;
    this.#intake = new Intake({
      stream: stream.name,
      maxBytes: resolved.maxBufferedBytes,
      maxRecordBytes: resolved.maxRecordBytes,
    });
    this.#dispatch = new Dispatch(stream.name, ports, resolved);
  }

  put(value: In, options: PutOptions = {}): Promise<Receipt> {
    const receipt = this.#put(value, options, () => {});
    receipt.catch(() => {});
    return receipt;
  }

  async putMany(
    values: Iterable<In> | AsyncIterable<In>,
    options: PutManyOptions<In> = {},
  ): Promise<PutCount> {
    const count = { delivered: 0, failed: 0 };
    const errors: unknown[] = [];
    const open = new Set<Promise<void>>();
    let pulled = 0;
    try {
      for await (const value of values) {
        await new Promise<void>((admitted) => {
          const settled = this.#putCounted(value, options, count, admitted)
            .catch((error: unknown) => void errors.push(error))
            .finally(() => open.delete(settled));
          open.add(settled);
        });
        if (errors.length > 0) break;
        // A source that never waits would otherwise keep the answers of the service from being heard.
        if (++pulled % TURN_AFTER === 0) await nextTurn();
      }
    } finally {
      await Promise.all(open);
    }
    if (errors.length > 0) throw errors[0];
    return count;
  }

  async flush(): Promise<PutCount> {
    this.#dispatch.flush();
    await this.#tally.settled();
    return this.#tally.count;
  }

  close(options: { readonly drain?: Duration } = {}): Promise<PutCount> {
    this.#closing ??= this.#close(options.drain);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #put(value: In, { signal, headers }: PutOptions, admitted: () => void): Promise<Receipt> {
    if (this.#closing !== undefined) return Promise.reject(closedError(this.#stream.name));
    const ticket = this.#tally.open();
    return new Promise((resolve, reject) => {
      const refuse = (error: unknown): void => {
        ticket.close(false);
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a user's schema or key function may throw anything, and it is theirs to see
        reject(error);
      };
      let record: OutgoingRecord | Promise<OutgoingRecord>;
      try {
        record = withHeaders(this.#stream.encode(value), headers);
      } catch (error) {
        refuse(error);
        return;
      }
      this.#intake.arrive({
        record,
        signal,
        refuse,
        enter: (accepted, bytes) => {
          const now = this.#clock.monotonic();
          this.#dispatch.accept({
            record: accepted,
            bytes,
            acceptedAt: now,
            deadlineAt: now + this.#options.deadlineMs,
            stored: (receipt) => {
              this.#intake.leave(bytes);
              ticket.close(true);
              resolve(receipt);
            },
            failed: (error) => this.#giveUp(accepted, bytes, error, refuse),
          });
          admitted();
        },
      });
    });
  }

  /** Rejects with what should end the whole `putMany`. */
  async #putCounted(
    value: In,
    { signal, onReceipt, onFailure }: PutManyOptions<In>,
    count: { delivered: number; failed: number },
    admitted: () => void,
  ): Promise<void> {
    let receipt: Receipt;
    try {
      receipt = await this.#put(value, signal === undefined ? {} : { signal }, admitted);
    } catch (error) {
      count.failed++;
      if (onFailure === undefined) throw error;
      onFailure(error, value);
      return;
    } finally {
      admitted();
    }
    count.delivered++;
    onReceipt?.(receipt, value);
  }

  /** The sink has the record before its promise rejects; a sink that fails must not hide why the record failed. */
  #giveUp(
    record: OutgoingRecord,
    bytes: number,
    error: MillraceError,
    refuse: (error: unknown) => void,
  ): void {
    const stream = this.#stream.name;
    publish('producer:undeliverable', () => ({ stream, error }));
    const end = (): void => {
      this.#intake.leave(bytes);
      refuse(error);
    };
    const { onUndeliverable } = this.#options;
    if (onUndeliverable === undefined) end();
    else {
      Promise.resolve({ stream, record, error })
        .then(onUndeliverable)
        .catch((cause: unknown) => publish('producer:sink-failed', () => ({ stream, error: cause })))
        .finally(end);
    }
  }

  async #close(drain: Duration | undefined): Promise<PutCount> {
    const error = closedError(this.#stream.name);
    const giveUp =
      drain === undefined
        ? undefined
        : this.#clock.timer(toMilliseconds(drain, 'close.drain'), () => {
            this.#intake.close(error);
            this.#dispatch.abandon(error);
          });
    this.#dispatch.keepFlushing();
    await this.#tally.settled();
    giveUp?.[Symbol.dispose]();
    this.#dispatch.stop();
    return this.#tally.count;
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
