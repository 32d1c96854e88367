import { isMillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ReadResult, ShardReader } from './shard-reader.ts';
import type { ShardBatch, ShardSource } from './shard-source.ts';

export interface PollingOptions {
  readonly stream: string;
  /** Time between two reads of one shard, milliseconds. */
  readonly intervalMs: number;
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
export function createPollingSource(reader: ShardReader, options: PollingOptions): ShardSource {
  return { read: (shardId, from, signal) => poll(reader, options, shardId, from, signal) };
}

async function* poll(
  reader: ShardReader,
  options: PollingOptions,
  shardId: string,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<ShardBatch> {
  const { stream, clock } = options;
  const cursor = new Cursor(reader, options, shardId, from);
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    let result: ReadResult;
    try {
      result = await cursor.advance(signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (isMillraceError(error, 'ITERATOR_EXPIRED')) cursor.reopen();
      else if (!isMillraceError(error) || !error.retryable) throw error;
      publish('source:retry', () => ({ stream, shardId, error }));
      await quietSleep(clock, backoffDelay(backoff, ++failures, clock), signal);
      continue;
    }
    const { records, millisBehindLatest, childShards, nextIterator } = result;
    if (nextIterator === undefined) {
      yield { records, millisBehindLatest, children: childShards ?? [] };
      return;
    }
    yield { records, millisBehindLatest };
    await quietSleep(clock, startedAt + options.intervalMs - clock.monotonic(), signal);
  }
}

/** A place in a shard that survives the loss of its iterator. */
class Cursor {
  readonly #reader: ShardReader;
  readonly #options: PollingOptions;
  readonly #shardId: string;
  #position: Position;
  #iterator: string | undefined;

  constructor(reader: ShardReader, options: PollingOptions, shardId: string, from: Position) {
    this.#reader = reader;
    this.#options = options;
    this.#shardId = shardId;
    // "Now" must not move on while iterators come and go.
    this.#position = from.type === 'now' ? { type: 'time', at: options.clock.now() } : from;
  }

  async advance(signal: AbortSignal): Promise<ReadResult> {
    const { stream, limit } = this.#options;
    this.#iterator ??= await this.#open(signal);
    const result = await this.#reader.read(this.#iterator, { stream, limit, signal });
    const last = result.records.at(-1);
    if (last !== undefined) this.#position = { type: 'after', sequenceNumber: last.sequenceNumber };
    this.#iterator = result.nextIterator;
    return result;
  }

  reopen(): void {
    this.#iterator = undefined;
  }

  /** The service refuses a time that is still to come by its clock; then nothing is stored from there on, and now is as good. */
  async #open(signal: AbortSignal): Promise<string> {
    const { stream } = this.#options;
    try {
      return await this.#reader.openIterator(stream, this.#shardId, this.#position, { signal });
    } catch (error) {
      if (this.#position.type !== 'time' || !isRefused(error)) throw error;
      return this.#reader.openIterator(stream, this.#shardId, { type: 'now' }, { signal });
    }
  }
}

function isRefused(error: unknown): boolean {
  return isMillraceError(error) && error.details.service === 'InvalidArgumentException';
}

/** Waits; an abort only cuts the wait short, the loop sees the signal itself. */
async function quietSleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0) return;
  try {
    await sleep(clock, delayMs, signal);
  } catch (error) {
    if (!isMillraceError(error, 'ABORTED')) throw error;
  }
}
