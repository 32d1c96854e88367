import { isMillraceError } from '@millrace/kinesis';
import { publish, sleep, type Clock } from '@millrace/kinesis/runtime';
import type { Position, StreamRecord } from '@millrace/kinesis/record';
import { isOpen, readableShards, type Shard } from '@millrace/kinesis/shard';
import { createPollingSource, type ShardReader } from '@millrace/kinesis/source';

import { isAfterPlace, type Place } from './place.ts';
import { toStreamRecords } from './stream-records.ts';
import { createBound, type Bound } from './bound.ts';

export interface ScanOptions {
  readonly stream: string;
  readonly reader: ShardReader;
  readonly clock: Clock;
  /** Where every shard begins; `now` is pinned when the scan starts. */
  readonly from: Position;
  /** Where every shard ends, itself not included. Default: nowhere. */
  readonly until?: Position;
  /** These shards and no others: their children are not followed. */
  readonly only?: readonly Shard[];
  /** Time between two reads of a shard, milliseconds. */
  readonly pollMs: number;
  /** Stop when every shard is read to its newest record. */
  readonly exitAtEnd: boolean;
  /** Leaves KPL aggregates closed. */
  readonly asStored?: boolean;
  /** Where an earlier scan of the same range got to. */
  readonly resume?: ReadonlyMap<string, Place | 'done'>;
  /** Called when a shard is read to where it was to be read. */
  readonly onDone?: (shardId: string) => void;
  /** Called when a shard was split or merged and is read to its end. */
  readonly onClosed?: (shard: Shard, children: readonly string[]) => void;
}

/** Takes records of one shard, in order; other shards' may come at the same time. What it returns is awaited. */
export type OnRecords = (records: readonly StreamRecord[], shard: Shard) => Promise<void>;

/**
 * Reads every shard of a stream side by side, parents before their children, through splits and merges. Keeps nothing
 * anywhere. Resolves when `signal` fires, or at the end if there is one; rejects with what nothing can mend.
 *
 * @example
 * ```ts
 * await scanStream({ stream, reader, clock, from, pollMs: 1000, exitAtEnd: true }, write, signal);
 * ```
 */
export async function scanStream(
  options: ScanOptions,
  onRecords: OnRecords,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const scan = new Scan(options, onRecords, AbortSignal.any([signal, stop.signal]));
  try {
    await scan.run();
  } catch (error) {
    if (!signal.aborted || !isMillraceError(error, 'ABORTED')) throw error;
  } finally {
    // One shard that cannot be read ends them all.
    stop.abort();
    await scan.settled();
  }
}

class Scan {
  readonly #options: ScanOptions;
  readonly #onRecords: OnRecords;
  readonly #signal: AbortSignal;
  readonly #from: Position;
  readonly #bound: Bound;
  readonly #finished = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  #firstListing: ReadonlySet<string> | undefined;

  constructor(options: ScanOptions, onRecords: OnRecords, signal: AbortSignal) {
    this.#options = options;
    this.#onRecords = onRecords;
    this.#signal = signal;
    const { from, clock } = options;
    // The same moment for every shard, and for the children of those that close.
    this.#from = from.type === 'now' ? { type: 'time', at: clock.now() } : from;
    this.#bound = createBound(options.until, clock);
  }

  async run(): Promise<void> {
    await this.#startReadable();
    while (this.#running.size > 0) await Promise.race(this.#running.values());
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  async #startReadable(): Promise<void> {
    const { only, from } = this.#options;
    const shards = only ?? (await this.#list());
    if (this.#firstListing === undefined) {
      this.#firstListing = new Set(shards.map(({ shardId }) => shardId));
      // What comes from now on comes into open shards.
      if (from.type === 'now' && only === undefined) {
        for (const shard of shards) if (!isOpen(shard)) this.#finished.add(shard.shardId);
      }
    }
    const readable = only ?? readableShards(shards, this.#finished);
    for (const shard of readable) {
      const { shardId } = shard;
      if (this.#running.has(shardId) || this.#finished.has(shardId)) continue;
      const run = this.#readShard(shard).finally(() => this.#running.delete(shardId));
      // It is awaited through the map; until then its failure is not nobody's.
      run.catch(() => {});
      this.#running.set(shardId, run);
    }
  }

  async #readShard(shard: Shard): Promise<void> {
    const { only, resume } = this.#options;
    const { shardId } = shard;
    const end = resume?.get(shardId) === 'done' ? 'closed' : await this.#readToEnd(shard);
    if (end === 'stopped') return;
    this.#options.onDone?.(shardId);
    this.#finished.add(shardId);
    // One that is still open has no children, or none that hold anything of the range.
    if (only === undefined && end === 'closed') await this.#startReadable();
  }

  async #readToEnd(shard: Shard): Promise<'closed' | 'far enough' | 'stopped'> {
    const { stream, reader, pollMs, clock, exitAtEnd, asStored, onClosed } = this.#options;
    const place = this.#placeOf(shard.shardId);
    const source = createPollingSource(reader, { stream, intervalMs: pollMs, limit: 10_000, clock });
    try {
      for await (const batch of source.read(
        shard.shardId,
        this.#startOf(shard.shardId, place),
        this.#signal,
      )) {
        const { kept, passed } = this.#bound.cut(batch);
        const records = toStreamRecords(stream, shard, kept, { asStored: asStored === true });
        const fresh = place === undefined ? records : records.filter((record) => isAfterPlace(record, place));
        if (fresh.length > 0) await this.#onRecords(fresh, shard);
        // Whoever took the records may have stopped among them.
        if (this.#signal.aborted) return 'stopped';
        if (batch.children !== undefined) {
          onClosed?.(
            shard,
            batch.children.map(({ shardId }) => shardId),
          );
          return 'closed';
        }
        if (passed || (exitAtEnd && isOpen(shard) && batch.millisBehindLatest === 0)) return 'far enough';
      }
      return 'stopped';
    } catch (error) {
      if (isMillraceError(error, 'STREAM_NOT_FOUND') && (await this.#isTrimmed(shard))) return 'closed';
      throw error;
    }
  }

  #placeOf(shardId: string): Place | undefined {
    const place = this.#options.resume?.get(shardId);
    return place === 'done' ? undefined : place;
  }

  #startOf(shardId: string, place: Place | undefined): Position {
    if (place !== undefined) return { type: 'at', sequenceNumber: place.sequenceNumber };
    // A shard that was not there at the start holds only what came since.
    return this.#firstListing?.has(shardId) === true ? this.#from : { type: 'oldest' };
  }

  /** Its last record may pass the retention between the listing and the reading: then there is nothing left in it. */
  async #isTrimmed({ shardId }: Shard): Promise<boolean> {
    const shards = await this.#list();
    return !shards.some((shard) => shard.shardId === shardId);
  }

  async #list(): Promise<readonly Shard[]> {
    const { reader, stream, clock } = this.#options;
    for (;;) {
      try {
        return await reader.listShards(stream, { signal: this.#signal });
      } catch (error) {
        if (!isMillraceError(error) || !error.retryable || this.#firstListing === undefined) throw error;
        publish('source:retry', () => ({ stream, error }));
        await sleep(clock, 1000, this.#signal);
      }
    }
  }
}
