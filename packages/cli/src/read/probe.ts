import { isMillraceError } from '@millrace/kinesis';
import type { Position, StoredRecord } from '@millrace/kinesis/record';
import { backoffDelay, publish, sleep, type Clock } from '@millrace/kinesis/runtime';
import { openIterator, type ReadResult, type ShardReader } from '@millrace/kinesis/source';

/** What stands at a place of a shard. */
export interface Look {
  /** The records from there on, one call's worth; none when there is nothing newer. */
  readonly records: readonly StoredRecord[];
  /** How far the last of them is behind the newest, milliseconds. */
  readonly millisBehindLatest: number;
  /** Whether the shard is closed and this was its end. */
  readonly ended: boolean;
}

export interface ProbeOptions {
  readonly stream: string;
  readonly reader: ShardReader;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Time between two reads of a shard, milliseconds. */
  readonly pollMs: number;
}

const tries = 8;
const backoff = { baseMs: 200, capMs: 5000 };

/**
 * Looks into shards here and there, for those who want to know and not to read: never more often than its pace allows,
 * whoever asks, so that what reads for a living does not feel it.
 */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #nextAt = new Map<string, number>();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  get stream(): string {
    return this.#options.stream;
  }

  /** Passes over empty answers: a place with nothing in it for hours is many of them. Throws as the reader does. */
  async look(shardId: string, position: Position, limit: number): Promise<Look> {
    const { stream, reader, signal } = this.#options;
    let iterator = await this.#patiently(shardId, () =>
      openIterator(reader, stream, shardId, position, { signal }),
    );
    for (;;) {
      await this.#turn(shardId);
      const at = iterator;
      const result: ReadResult = await this.#patiently(shardId, () =>
        reader.read(at, { stream, limit, signal }),
      );
      const { records, millisBehindLatest, nextIterator } = result;
      const ended = nextIterator === undefined;
      if (records.length > 0 || ended || millisBehindLatest === 0) {
        return { records, millisBehindLatest, ended };
      }
      iterator = nextIterator;
    }
  }

  /** Waits until the shard may be read again. */
  async #turn(shardId: string): Promise<void> {
    const { clock, pollMs, signal } = this.#options;
    const now = clock.monotonic();
    const at = Math.max(now, this.#nextAt.get(shardId) ?? now);
    this.#nextAt.set(shardId, at + pollMs);
    if (at > now) await sleep(clock, at - now, signal);
  }

  async #patiently<T>(shardId: string, ask: () => Promise<T>): Promise<T> {
    const { stream, clock, signal } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (attempt >= tries || !isMillraceError(error) || !error.retryable) throw error;
        publish('source:retry', () => ({ stream, shardId, error }));
        await sleep(clock, backoffDelay(backoff, attempt, clock), signal);
      }
    }
  }
}
