import { isMillraceError } from '../errors.ts';
import { Parking } from '../process/index.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ChildShard } from '../shard/shard.ts';
import { compareCheckpoints, type LeaseStore } from '../lease/index.ts';
import { noLongerOnce, noLongerThan } from './attempt.ts';
import type { Won } from './fleet.ts';
import { Gate } from './gate.ts';
import { HeldLease } from './held-lease.ts';
import { Lag } from './lag.ts';
import type { ShardKeeper } from './shard-keeper.ts';
import { ShardRun, type ShardOutcome, type ShardRunOptions } from './shard-run.ts';
import type { ShardState, ShardStatus } from './status.ts';

export interface TenureOptions<T> extends ShardRunOptions<T> {
  readonly store: LeaseStore;
  readonly keeper: ShardKeeper;
  /** Repeats what may pass by itself until it succeeds, the worker stops, or it fails for good. */
  readonly attempt: (task: () => Promise<void>) => Promise<void>;
  /** An error nothing can mend: the worker stops. */
  readonly failed: (error: unknown) => void;
  /** Fires when the worker stops. */
  readonly stopping: AbortSignal;
}

/** How a tenure ended; `stalled` when the shard did not move, not even when begun anew. */
export type TenureEnd = ShardOutcome['ended'];

/**
 * A shard in this worker's hands from the moment its lease is won until it is given back: the lease, and the run that reads and
 * handles.
 *
 * - Asked for by another worker: the run finishes what is begun (no longer than `handOffTimeout`), and the release hands over.
 * - Still for `stallAfter`: told, and the run is begun anew from the checkpoint. Still again without having moved the
 *   checkpoint: the lease is given up, for another worker to try.
 * - At the shard's end: the children's leases first, then the mark that lets others start them; a crash in between only
 *   repeats it.
 */
export class Tenure<T> {
  readonly held: HeldLease;
  readonly #options: TenureOptions<T>;
  readonly #gate = new Gate();
  #lag = new Lag();
  #parking: Parking;
  #run: ShardRun<T>;
  #restartedAt: HeldLease['progress'] | undefined;
  #handOff: Disposable | undefined;
  /** The last run has ended. */
  #over = false;

  constructor({ lease, takenAt, inherited }: Won, options: TenureOptions<T>) {
    const { store, clock, leaseDurationMs } = options;
    this.#options = options;
    const before = new Map([...inherited, ...(lease.parked ?? [])]);
    this.#parking = new Parking(before);
    this.held = new HeldLease(store, lease, {
      clock,
      durationMs: leaseDurationMs,
      takenAt,
      parking: () => this.#parking,
      before,
      onLost: () => this.#run.kill(),
      onAsked: () => this.#handOver(),
    });
    this.#run = this.#newRun();
  }

  get status(): ShardStatus {
    const { lease, progress } = this.held;
    return {
      stream: this.#options.stream.name,
      shardId: lease.shardId,
      leaseKey: lease.leaseKey,
      state: this.#state,
      retrieval: this.#lag.retrieval,
      checkpoint: progress,
      millisBehindLatest: this.#lag.millis,
      recordsBehind: this.#lag.records,
      parkedKeys: [...this.#parking].map(([key]) => key),
    };
  }

  /** Never rejects. */
  async work(): Promise<TenureEnd> {
    let outcome: ShardOutcome = { ended: 'stopped' };
    try {
      await this.#soon(this.#pin());
      outcome = await this.#occupy();
    } catch (error) {
      if (!this.held.held) outcome = { ended: 'lost' };
      else if (!(await this.#isOfGoneShard(error))) this.#options.failed(error);
    }
    this.#over = true;
    this.#handOff?.[Symbol.dispose]();
    if (outcome.ended === 'shard-end') await this.#soon(this.#finish(outcome.children));
    const { ended } = outcome;
    publish('consumer:shard-stopped', () => ({ ...this.#place, outcome: ended }));
    await this.#release();
    return ended;
  }

  /** The heartbeat, and a look at whether the shard still moves. Never rejects. */
  beat(): Promise<void> {
    this.#measure();
    this.#checkMoving();
    return this.held.beat();
  }

  stop(): void {
    if (!this.#run.stopping) publish('consumer:shard-draining', () => this.#place);
    this.#run.stop();
  }

  kill(): void {
    this.#run.kill();
  }

  pause(): void {
    if (this.#gate.closed) return;
    this.#gate.close();
    publish('consumer:shard-paused', () => this.#place);
  }

  resume(): void {
    if (!this.#gate.closed) return;
    this.#gate.open();
    publish('consumer:shard-resumed', () => this.#place);
  }

  /** False when the key is not parked here. */
  unpark(partitionKey: string): boolean {
    const parked = this.#parking.unpark(partitionKey);
    if (parked) publish('consumer:key-unparked', () => ({ ...this.#place, partitionKey }));
    return parked;
  }

  get #state(): ShardState {
    if (this.#run.stopping) return 'draining';
    if (this.#gate.closed) return 'paused';
    return this.#restartedAt === undefined ? 'working' : 'stalled';
  }

  /** A Java worker leaves a bare LATEST where nothing is handled yet: whoever goes on after us would begin later than we do. */
  #pin(): Promise<void> {
    const { checkpoint, startAt } = this.held.lease;
    if (checkpoint.sequenceNumber !== 'LATEST' || startAt !== undefined) return Promise.resolve();
    const { keeper, attempt, stopping, clock } = this.#options;
    return attempt(async () => {
      await this.held.pin((await keeper.time(this.held.lease, stopping)) ?? clock.now());
    });
  }

  async #occupy(): Promise<ShardOutcome> {
    for (;;) {
      // A handler may not heed its signal; the lease must not wait for it.
      const outcome = await Promise.race([this.#run.run(), this.#run.killed]);
      if (outcome.ended !== 'stalled' || this.#options.stopping.aborted || this.#restartedAt !== undefined)
        return outcome;
      this.#restartedAt = this.held.progress;
      this.#run = this.#newRun();
      publish('consumer:shard-restarted', () => this.#place);
    }
  }

  #newRun(): ShardRun<T> {
    const { held } = this;
    // What the run before it had in hand is not this one's, nor what it may be putting aside still.
    this.#lag = new Lag();
    this.#parking = new Parking(held.parked);
    return new ShardRun({ held, gate: this.#gate, lag: this.#lag, parking: this.#parking }, this.#options);
  }

  /** What a batch that never ends would not tell. */
  #measure(): void {
    const { meter, clock, group } = this.#options;
    const { stream, shardId } = this.#place;
    const behindMs = this.#lag.behind(clock.monotonic());
    if (behindMs !== undefined) {
      meter.record('millrace.consumer.behind_ms', behindMs, { stream, group, shardId });
    }
  }

  #checkMoving(): void {
    const before = this.#restartedAt;
    if (before !== undefined && compareCheckpoints(this.held.progress, before) > 0) {
      this.#restartedAt = undefined;
      publish('consumer:shard-recovered', () => this.#place);
    }
    // A shard that is paused stands still on purpose.
    if (this.#gate.closed) this.#run.move();
    const { stillMs, stopping } = this.#run;
    if (stopping || stillMs < this.#options.stallAfterMs) return;
    const action = this.#restartedAt === undefined ? 'restart' : 'give-up';
    const checkpoint = this.held.progress;
    publish('consumer:shard-stalled', () => ({ ...this.#place, checkpoint, stillMs, action }));
    this.#run.kill('stalled');
  }

  /** Once the worker stops, whoever does not answer holds it up no longer than a lease lasts. */
  async #soon(task: Promise<void>): Promise<void> {
    const { clock, leaseDurationMs, stopping } = this.#options;
    await noLongerOnce(stopping, task, clock, leaseDurationMs);
  }

  /** A store that does not answer holds nobody up: by then the lease runs out by itself. */
  async #release(): Promise<void> {
    const { clock, leaseDurationMs } = this.#options;
    const released = this.held.release().catch((error: unknown) => {
      publish('consumer:lease-write-failed', () => ({ lease: this.held.lease, error }));
    });
    await noLongerThan(released, clock, leaseDurationMs);
  }

  #handOver(): void {
    const { clock, handOffTimeoutMs } = this.#options;
    publish('consumer:hand-off-asked', () => ({ ...this.#place, to: this.held.lease.owner }));
    // Learned from the last writes: they hand it over, and a timer would only keep the process from ending.
    if (this.#over) return;
    this.stop();
    this.#handOff = clock.timer(handOffTimeoutMs, () => this.#run.kill());
  }

  #finish(children: readonly ChildShard[]): Promise<void> {
    const { keeper, attempt, stopping } = this.#options;
    return attempt(async () => {
      if (!this.held.held) return;
      await keeper.adopt(this.held.lease, children, stopping);
      await this.held.finish(children.map(({ shardId }) => shardId));
    });
  }

  /** Whether the run failed only because its shard is not there: past its retention, most likely. */
  async #isOfGoneShard(error: unknown): Promise<boolean> {
    if (!isMillraceError(error, 'STREAM_NOT_FOUND')) return false;
    const { keeper, stopping } = this.#options;
    return keeper.isGone(this.held.lease, stopping).catch(() => false);
  }

  get #place(): { readonly stream: string; readonly shardId: string } {
    return { stream: this.#options.stream.name, shardId: this.held.lease.shardId };
  }
}
