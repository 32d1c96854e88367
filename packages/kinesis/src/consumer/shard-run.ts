import { setMaxListeners } from 'node:events';

import { expandRecord } from '../codec/index.ts';
import { compareCheckpoints, startingPosition, type Checkpoint } from '../lease/index.ts';
import { processRecords, type Handler, type RawStreamRecord } from '../process/index.ts';
import type { StoredRecord } from '../record/record.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ChildShard } from '../shard/shard.ts';
import type { ShardBatch, ShardSource } from '../source/shard-source.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import type { HeldLease } from './held-lease.ts';
import type { ResolvedConsumerOptions } from './options.ts';

/** How a run came to its end: at the shard's end, because it was told to stop, or because the lease was lost. */
export type ShardOutcome =
  | { readonly ended: 'shard-end'; readonly children: readonly ChildShard[] }
  | { readonly ended: 'stopped' }
  | { readonly ended: 'lost' };

export interface ShardRunOptions<T> extends ResolvedConsumerOptions {
  readonly stream: StreamDefinition<never, T>;
  readonly source: ShardSource;
  readonly handler: Handler<T>;
}

/**
 * One shard in this worker's hands, from its checkpoint on:
 *
 *     reading ⇄ handling → shard-end | stopped | lost
 *
 * It reads a batch, opens the aggregates, skips what the checkpoint covers, hands the rest to the handler in order and
 * tells the lease after each handled record (or batch) how far it got. Before every call of the handler the lease is
 * checked against the clock, so a process that slept through its lease hands over nothing. Throws what the source or
 * the handler cannot mend.
 */
export class ShardRun<T> {
  readonly held: HeldLease;
  readonly #options: ShardRunOptions<T>;
  /** No further record is started once this fires. */
  readonly #stop = new AbortController();
  /** What the handler sees; fires when it should give up what it is doing. */
  readonly #giveUp = new AbortController();
  #millisBehindLatest: number | undefined;

  constructor(held: HeldLease, options: ShardRunOptions<T>) {
    this.held = held;
    this.#options = options;
    // Every record in the handler's hands may listen: Node takes more than ten for a leak, and warns.
    setMaxListeners(0, this.#stop.signal, this.#giveUp.signal);
  }

  /** How far behind the newest record of the shard, milliseconds; undefined before the first read. */
  get millisBehindLatest(): number | undefined {
    return this.#millisBehindLatest;
  }

  /** Lets the handler finish what it has and starts nothing more. */
  stop(): void {
    this.#stop.abort();
  }

  /** Asks the handler to give up, too, and waits for it no longer: {@link ShardRun.killed} settles at once. */
  kill(): void {
    this.#stop.abort();
    this.#giveUp.abort();
  }

  /** How the run ended, should it be killed. */
  get killed(): Promise<ShardOutcome> {
    return new Promise((resolve) => {
      const onAbort = (): void => resolve({ ended: this.held.held ? 'stopped' : 'lost' });
      this.#giveUp.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async run(): Promise<ShardOutcome> {
    const { source, from } = this.#options;
    const { lease } = this.held;
    const position = startingPosition(lease, from);
    publish('consumer:shard-started', () => ({ shardId: lease.shardId, position }));
    for await (const batch of source.read(lease.shardId, position, this.#stop.signal)) {
      if (!this.held.held) return { ended: 'lost' };
      await this.#handle(batch);
      if (this.#stop.signal.aborted) break;
      this.#millisBehindLatest = batch.millisBehindLatest;
      if (batch.children !== undefined) return { ended: 'shard-end', children: batch.children };
    }
    return { ended: this.held.held ? 'stopped' : 'lost' };
  }

  async #handle(batch: ShardBatch): Promise<void> {
    const { stream, handler, maxAttempts, onFailure, concurrency, clock } = this.#options;
    const { shardId } = this.held.lease;
    const records = batch.records.flatMap((stored) => this.#expand(stored));
    const context = {
      stream: stream.name,
      shardId,
      millisBehindLatest: batch.millisBehindLatest,
      signal: this.#giveUp.signal,
    };
    const options = {
      handler,
      decode: stream.decode,
      maxAttempts,
      onFailure,
      concurrency,
      clock,
      stop: this.#stop.signal,
      mayHandle: () => this.held.held,
    };
    if (records.length > 0) {
      await processRecords(records, context, options, (last) => this.held.handled(last));
    }
    const newest = batch.records.at(-1);
    if (newest === undefined || this.#stop.signal.aborted) return;
    // What the batch ends with may have been skipped as foreign; it is done with all the same.
    const end = { sequenceNumber: newest.sequenceNumber, subSequenceNumber: 0 };
    if (compareCheckpoints(end, this.held.progress) > 0) this.held.handled(end);
  }

  /** The user records of a stored one that are this shard's and not handled yet. */
  #expand(stored: StoredRecord): readonly RawStreamRecord[] {
    const { stream } = this.#options;
    const { shardId, hashRange } = this.held.lease;
    const done = this.held.progress;
    const records: RawStreamRecord[] = [];
    for (const user of expandRecord(stored, hashRange === undefined ? {} : { range: hashRange })) {
      const { sequenceNumber, subSequenceNumber, partitionKey, explicitHashKey, headers } = user;
      if (covers(done, user)) continue;
      if (user.foreign) {
        publish('consumer:foreign-record', () => ({ stream: stream.name, shardId, record: user }));
        continue;
      }
      records.push({
        stream: stream.name,
        shardId,
        sequenceNumber,
        subSequenceNumber,
        partitionKey,
        ...(explicitHashKey !== undefined && { explicitHashKey }),
        headers,
        arrivedAt: new Date(user.arrivedAt),
        bytes: user.data,
      });
    }
    return records;
  }
}

function covers(
  checkpoint: Checkpoint,
  record: Pick<RawStreamRecord, 'sequenceNumber' | 'subSequenceNumber'>,
): boolean {
  return compareCheckpoints(record, checkpoint) <= 0;
}
