import { setMaxListeners } from 'node:events';

import { foreignCheck, type IsForeign } from '../codec/index.ts';
import {
  compareCheckpoints,
  isSentinelCheckpoint,
  startingPosition,
  type Checkpoint,
} from '../lease/index.ts';
import { processRecords, type Handler, type Parking, type RawStreamRecord } from '../process/index.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ChildShard } from '../shard/shard.ts';
import type { ShardBatch, ShardSource } from '../source/index.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { expandBatch } from './expand.ts';
import type { Gate } from './gate.ts';
import type { HeldLease } from './held-lease.ts';
import type { Lag } from './lag.ts';
import type { ResolvedConsumerOptions } from './options.ts';

/** How a run came to its end: at the shard's end, because it was told to stop, because it did not move, or because the lease was lost. */
export type ShardOutcome =
  | { readonly ended: 'shard-end'; readonly children: readonly ChildShard[] }
  | { readonly ended: 'stopped' | 'stalled' | 'lost' };

export interface ShardRunOptions<T> extends ResolvedConsumerOptions {
  readonly stream: StreamDefinition<never, T>;
  readonly source: ShardSource;
  readonly handler: Handler<T>;
  /** Hears of records that are another shard's, and are dropped. */
  readonly foreign: (records: number) => void;
}

/** User records one call of `eachBatch` takes, but for an aggregate that has more. */
const batchRecords = 10_000;
/** User records taken out of their aggregates at a time for `eachRecord`. */
const pieceRecords = 1000;

/** What stays with the shard when a run is begun anew. */
export interface ShardInHand {
  readonly held: HeldLease;
  readonly gate: Gate;
  readonly lag: Lag;
  readonly parking: Parking;
}

/**
 * One shard in this worker's hands, from its checkpoint on:
 *
 *     reading ⇄ handling → shard-end | stopped | stalled | lost
 *
 * It reads a batch, opens the aggregates, skips what the checkpoint covers, hands the rest to the handler in order and
 * tells the lease after each handled record (or batch) how far it got. Before every call of the handler the lease is
 * checked against the clock, so a process that slept through its lease hands over nothing. What a handler finishes after the
 * run was killed counts no more. Throws what the source or the handler cannot mend.
 */
export class ShardRun<T> {
  readonly #shard: ShardInHand;
  readonly #options: ShardRunOptions<T>;
  /** No further record is started once this fires. */
  readonly #stop = new AbortController();
  /** What the handler sees; fires when it should give up what it is doing. */
  readonly #giveUp = new AbortController();
  readonly #isForeign: IsForeign;
  #movedAt: number;
  /** Something has moved since the clock was looked at last: with every record that would cost too much. */
  #moved = false;
  #killed: 'stopped' | 'stalled' = 'stopped';
  /** Whether the signal has fired; asked of every record. */
  #gaveUp = false;

  constructor(shard: ShardInHand, options: ShardRunOptions<T>) {
    this.#shard = shard;
    this.#options = options;
    this.#movedAt = options.clock.monotonic();
    this.#isForeign = foreignCheck(shard.held.lease.hashRange);
    // Every record in the handler's hands may listen: Node takes more than ten for a leak, and warns.
    setMaxListeners(0, this.#stop.signal, this.#giveUp.signal);
  }

  /** For how long nothing has moved when looked at now and then, milliseconds: no batch came, not even an empty one, and no record was finished or tried. */
  get stillMs(): number {
    const now = this.#options.clock.monotonic();
    if (this.#moved) this.#movedAt = now;
    this.#moved = false;
    return now - this.#movedAt;
  }

  move(): void {
    this.#moved = true;
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Lets the handler finish what it has and starts nothing more. */
  stop(): void {
    this.#stop.abort();
  }

  /** Asks the handler to give up, too, and waits for it no longer: {@link ShardRun.killed} settles at once. */
  kill(reason: 'stopped' | 'stalled' = 'stopped'): void {
    this.#killed = reason;
    this.#gaveUp = true;
    this.#stop.abort();
    this.#giveUp.abort();
  }

  /** How the run ended, should it be killed. */
  get killed(): Promise<ShardOutcome> {
    const { signal } = this.#giveUp;
    return new Promise((resolve) => {
      const onAbort = (): void => resolve({ ended: this.#shard.held.held ? this.#killed : 'lost' });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async run(): Promise<ShardOutcome> {
    const { source, from, stream } = this.#options;
    const { held, lag, gate } = this.#shard;
    const { lease } = held;
    const position = startingPosition(lease, from);
    publish('consumer:shard-started', () => ({ stream: stream.name, shardId: lease.shardId, position }));
    let unmet: Checkpoint | undefined = isSentinelCheckpoint(lease.checkpoint) ? undefined : lease.checkpoint;
    for await (const batch of source.read(lease.shardId, position, this.#stop.signal)) {
      await gate.pass(this.#stop.signal);
      if (!held.held) return { ended: 'lost' };
      this.move();
      if (unmet !== undefined) unmet = this.#meet(unmet, batch);
      lag.begin(batch, this.#options.clock.monotonic());
      await this.#handle(batch);
      if (this.#stop.signal.aborted) break;
      if (batch.children !== undefined) return { ended: 'shard-end', children: batch.children };
    }
    return { ended: held.held ? 'stopped' : 'lost' };
  }

  /**
   * A shard is read on from its checkpoint's own record. When that is past its retention the service begins with the oldest
   * it has, and says nothing: whatever stood between is lost. Answers what is still to be met.
   */
  #meet(checkpoint: Checkpoint, { records, children }: ShardBatch): Checkpoint | undefined {
    const [first] = records;
    if (first === undefined && children === undefined) return checkpoint;
    if (first?.sequenceNumber === checkpoint.sequenceNumber) return undefined;
    const { shardId } = this.#shard.held.lease;
    publish('consumer:records-trimmed', () => ({ stream: this.#options.stream.name, shardId, checkpoint }));
    return undefined;
  }

  async #handle(batch: ShardBatch): Promise<void> {
    const { stream, handler, maxAttempts, onFailure, concurrency, clock, meter, group } = this.#options;
    const { held, lag, gate, parking } = this.#shard;
    const { shardId } = held.lease;
    const labels = { stream: stream.name, group, shardId };
    // A sign of life: what a quiet shard says over and over must cost next to nothing.
    if (batch.records.length === 0) {
      meter.record('millrace.consumer.behind_ms', lag.millis ?? 0, labels);
      return;
    }
    const context = {
      stream: stream.name,
      shardId,
      millisBehindLatest: batch.millisBehindLatest,
      signal: this.#giveUp.signal,
      isHeld: () => held.held,
      progress: () => this.move(),
    };
    const options = {
      handler,
      decode: stream.decode,
      maxAttempts,
      onFailure,
      concurrency,
      clock,
      stop: this.#stop.signal,
      parking,
      gate: () => gate.pass(this.#stop.signal),
      alive: () => this.move(),
    };
    const handled = (last: RawStreamRecord, count: number): void => {
      if (this.#gaveUp) return;
      lag.handled(last.arrivedAt, count);
      held.handled(last);
    };
    for (const records of expandBatch(batch.records, this.#expansion())) {
      lag.opened(records.length);
      await processRecords(records, context, options, handled);
      if (this.#stop.signal.aborted) return;
      meter.add('millrace.consumer.records', records.length, labels);
    }
    meter.record('millrace.consumer.behind_ms', lag.millis ?? 0, labels);
    const newest = batch.records.at(-1);
    if (newest === undefined || this.#stop.signal.aborted) return;
    // What the batch ends with may have been dropped as foreign; it is done with all the same.
    const end = { sequenceNumber: newest.sequenceNumber, subSequenceNumber: 0 };
    if (compareCheckpoints(end, held.progress) > 0) held.handled(end);
  }

  #expansion(): Parameters<typeof expandBatch>[1] {
    const { stream, foreign, handler, concurrency } = this.#options;
    const { lease, progress } = this.#shard.held;
    return {
      stream: stream.name,
      shardId: lease.shardId,
      isForeign: this.#isForeign,
      done: progress,
      // Few records at a time die young; lanes need more, or they would wait for each other at the end of each piece.
      chunk: 'eachBatch' in handler ? batchRecords : Math.max(pieceRecords, concurrency * 16),
      foreign: (record) => {
        foreign(1);
        publish('consumer:foreign-record', () => ({ stream: stream.name, shardId: lease.shardId, record }));
      },
    };
  }
}
