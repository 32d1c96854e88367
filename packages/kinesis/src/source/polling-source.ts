import { isMillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { sizeOf } from './batch-size.ts';
import { Pace } from './pace.ts';
import { openIterator } from './open-iterator.ts';
import { serviceTime } from './time-or-now.ts';
import type { ReadResult, ShardReader } from './shard-reader.ts';
import type { ShardBatch, ShardSource } from './shard-source.ts';
import { pause } from './waiting.ts';

export interface PollingOptions {
  readonly stream: string;
  /** Time between two reads of one shard, milliseconds. */
  readonly intervalMs: number;
  /** The longest time between two reads of a shard without records, milliseconds. Default: the interval. */
  readonly idleMs?: number;
  /** Groups that poll the stream, this one included; with more than one a shard is read every 200 ms for each at most. Default 1. */
  readonly readers?: number;
  /** Records a read may answer, 1 to 10,000. */
  readonly limit: number;
  readonly clock: Clock;
}

const backoff: Backoff = { baseMs: 200, capMs: 10_000 };

/**
 * Reads shards with GetRecords, at most one call per interval and shard.
 *
 * @example
 * ```ts
 * const source = createPollingSource(connection.reader, { stream: 'orders', intervalMs: 250, limit: 10_000, clock: systemClock });
 * for await (const { records } of source.read(shardId, { type: 'oldest' }, signal)) handle(records);
 * ```
 */
export function createPollingSource(
  reader: Pick<ShardReader, 'openIterator' | 'read'>,
  options: PollingOptions,
): ShardSource {
  return { read: (shardId, from, signal) => poll(reader, options, shardId, from, signal) };
}

async function* poll(
  reader: Pick<ShardReader, 'openIterator' | 'read'>,
  options: PollingOptions,
  shardId: string,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<ShardBatch> {
  const { stream, clock, intervalMs, idleMs = intervalMs, readers = 1 } = options;
  const cursor = new Cursor(reader, options, shardId, from);
  const pace = new Pace({ intervalMs, idleMs, readers });
  let failures = 0;
  while (!signal.aborted) {
    pace.called(clock.monotonic());
    let result: ReadResult;
    try {
      result = await cursor.advance(signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (isMillraceError(error, 'ITERATOR_EXPIRED')) cursor.reopen();
      else if (!isMillraceError(error) || !error.retryable) throw error;
      publish('source:retry', () => ({ stream, shardId, error }));
      const owedMs = isMillraceError(error, 'THROTTLED') ? pace.refused(clock.monotonic()) : 0;
      await pause(clock, owedMs + backoffDelay(backoff, ++failures, clock), signal);
      continue;
    }
    const { records, millisBehindLatest, childShards, nextIterator } = result;
    const bytes = sizeOf(result);
    pace.found({ records: records.length, bytes, millisBehindLatest }, clock.monotonic());
    const batch: ShardBatch = { records, bytes, millisBehindLatest, retrieval: 'polling' };
    if (nextIterator === undefined) {
      yield { ...batch, children: childShards ?? [] };
      return;
    }
    yield batch;
    await pause(clock, pace.wait(clock.monotonic()), signal);
  }
}

/** A place in a shard that survives the loss of its iterator. */
class Cursor {
  readonly #reader: Pick<ShardReader, 'openIterator' | 'read'>;
  readonly #options: PollingOptions;
  readonly #shardId: string;
  readonly #begunAt: number;
  #position: Position;
  #iterator: string | undefined;

  constructor(
    reader: Pick<ShardReader, 'openIterator' | 'read'>,
    options: PollingOptions,
    shardId: string,
    from: Position,
  ) {
    this.#reader = reader;
    this.#options = options;
    this.#shardId = shardId;
    this.#begunAt = options.clock.monotonic();
    this.#position = from;
  }

  async advance(signal: AbortSignal): Promise<ReadResult> {
    const { stream, limit } = this.#options;
    if (this.#position.type === 'now') this.#position = { type: 'time', at: await this.#beginning(signal) };
    this.#iterator ??= await openIterator(this.#reader, stream, this.#shardId, this.#position, { signal });
    const result = await this.#reader.read(this.#iterator, { stream, limit, signal });
    const last = result.records.at(-1);
    if (last !== undefined) this.#position = { type: 'after', sequenceNumber: last.sequenceNumber };
    this.#iterator = result.nextIterator;
    return result;
  }

  reopen(): void {
    this.#iterator = undefined;
  }

  /** The moment reading began, by the service's clock: it must not move on while iterators come and go. */
  async #beginning(signal: AbortSignal): Promise<number> {
    const { stream, clock } = this.#options;
    const now = (await serviceTime(this.#reader, stream, this.#shardId, { signal })) ?? clock.now();
    return now - Math.ceil(clock.monotonic() - this.#begunAt);
  }
}
