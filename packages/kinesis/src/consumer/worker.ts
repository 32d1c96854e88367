import { isMillraceError } from '../errors.ts';
import type { Checkpoint, Lease, LeaseStore } from '../lease/index.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { Ticker } from '../runtime/ticker.ts';
import type { ChildShard } from '../shard/shard.ts';
import type { Fleet, Won } from './fleet.ts';
import { HeldLease } from './held-lease.ts';
import { ShardRun, type ShardOutcome, type ShardRunOptions } from './shard-run.ts';

/** A shard in this worker's hands. */
export interface ShardStatus {
  readonly shardId: string;
  /** Everything up to here is handled. */
  readonly checkpoint: Checkpoint;
  /** How far behind the newest record of the shard, milliseconds; undefined before the first read. */
  readonly millisBehindLatest: number | undefined;
}

const backoff: Backoff = { baseMs: 200, capMs: 10_000 };
const shardSyncMs = 60_000;

/**
 * One member of a consumer group. Three loops, each on its own beat, and one run per shard held:
 *
 * - beat: renews or checkpoints every lease held, three times a lease duration;
 * - claim: looks at all leases and takes what it should have;
 * - sync: compares leases with the stream's shards.
 *
 * `stop` ends claim and sync and lets every run finish what it has; the beat goes on until the last run has given its
 * lease back. `kill` asks the handlers to give up and waits for them no longer.
 */
export class Worker<T> {
  readonly #fleet: Fleet;
  readonly #store: LeaseStore;
  readonly #options: ShardRunOptions<T>;
  readonly #runs = new Map<string, ShardRun<T>>();
  readonly #running = new Set<Promise<void>>();
  readonly #beat: Ticker;
  readonly #claim: Ticker;
  readonly #sync: Ticker;
  readonly #stopping = new AbortController();
  #failure: { readonly error: unknown } | undefined;

  constructor(fleet: Fleet, store: LeaseStore, options: ShardRunOptions<T>) {
    const { clock, leaseDurationMs } = options;
    this.#fleet = fleet;
    this.#store = store;
    this.#options = options;
    this.#beat = new Ticker(clock, leaseDurationMs / 3);
    this.#claim = new Ticker(clock, Math.min(2000, leaseDurationMs / 3));
    this.#sync = new Ticker(clock, shardSyncMs);
  }

  get shards(): readonly ShardStatus[] {
    return [...this.#runs.values()].map(({ held, millisBehindLatest }) => ({
      shardId: held.lease.shardId,
      checkpoint: held.progress,
      millisBehindLatest,
    }));
  }

  /** Resolves when stopped and every lease is given back; rejects with what made it stop, when it did so by itself. */
  async run(): Promise<void> {
    const beating = this.#loop(this.#beat, async () => {
      await Promise.all([...this.#runs.values()].map(({ held }) => held.beat()));
    });
    await this.#attempt(async () => {
      await this.#store.prepare({ signal: this.#stopping.signal });
      await this.#syncShards();
    });
    await Promise.all([
      this.#loop(this.#claim, () => this.#claimLeases()),
      this.#loop(this.#sync, () => this.#syncShards()),
    ]);
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#beat.end();
    await beating;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  stop(): void {
    this.#stopping.abort();
    this.#claim.end();
    this.#sync.end();
    for (const run of this.#runs.values()) run.stop();
  }

  kill(): void {
    this.stop();
    for (const run of this.#runs.values()) run.kill();
  }

  async #claimLeases(): Promise<void> {
    for (const won of await this.#fleet.claim(new Set(this.#runs.keys()))) this.#start(won);
  }

  async #syncShards(): Promise<void> {
    if (!(await this.#fleet.syncShards(this.#stopping.signal))) {
      await sleep(this.#options.clock, 1000, this.#stopping.signal);
      this.#sync.poke();
    }
  }

  #start({ lease, takenAt }: Won): void {
    const { clock, leaseDurationMs } = this.#options;
    const held: HeldLease = new HeldLease(this.#store, lease, {
      clock,
      durationMs: leaseDurationMs,
      takenAt,
      onLost: () => run.kill(),
      onAsked: () => run.stop(),
    });
    const run = new ShardRun(held, this.#options);
    this.#runs.set(lease.leaseKey, run);
    const running = this.#work(run).finally(() => {
      this.#runs.delete(lease.leaseKey);
      this.#running.delete(running);
    });
    this.#running.add(running);
    if (this.#stopping.signal.aborted) run.stop();
  }

  /** Never rejects: an error nothing can mend stops the worker. */
  async #work(run: ShardRun<T>): Promise<void> {
    const { shardId } = run.held.lease;
    let outcome: ShardOutcome = { ended: 'stopped' };
    try {
      // A handler may not heed its signal; the lease must not wait for it.
      outcome = await Promise.race([run.run(), run.killed]);
    } catch (error) {
      if (!run.held.held) outcome = { ended: 'lost' };
      else if (!(await this.#isGone(run.held.lease, error))) this.#fail(error);
    }
    if (outcome.ended === 'shard-end') await this.#finish(run, outcome.children);
    publish('consumer:shard-stopped', () => ({ shardId, outcome: outcome.ended }));
    await run.held.release().catch((error: unknown) => {
      publish('consumer:lease-write-failed', () => ({ lease: run.held.lease, error }));
    });
  }

  /** Children first, then the mark that lets others start them; a crash in between only repeats it. */
  async #finish(run: ShardRun<T>, children: readonly ChildShard[]): Promise<void> {
    await this.#attempt(async () => {
      if (!run.held.held) return;
      await this.#fleet.adopt(run.held.lease, children, this.#stopping.signal);
      await run.held.finish(children.map(({ shardId }) => shardId));
    });
    this.#claim.poke();
  }

  /** Whether the run failed only because its shard is past its retention. */
  async #isGone(lease: Lease, error: unknown): Promise<boolean> {
    if (!isMillraceError(error, 'STREAM_NOT_FOUND')) return false;
    return this.#fleet.dropIfTrimmed(lease, this.#stopping.signal).catch(() => false);
  }

  /** Runs `task` on every tick. What may pass by itself is reported and waited out; the rest stops the worker. */
  async #loop(ticker: Ticker, task: () => Promise<void>): Promise<void> {
    while (!ticker.ended) {
      try {
        await task();
      } catch (error) {
        this.#judge(error);
      }
      await ticker.wait();
    }
  }

  /** Repeats `task` until it succeeds, the worker stops, or it fails for good. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    for (let tries = 1; ; tries++) {
      try {
        await task();
        return;
      } catch (error) {
        this.#judge(error);
        if (signal.aborted) return;
        await sleep(this.#options.clock, backoffDelay(backoff, tries, this.#options.clock), signal).catch(
          () => {},
        );
        if (signal.aborted) return;
      }
    }
  }

  #judge(error: unknown): void {
    if (this.#stopping.signal.aborted && isMillraceError(error, 'ABORTED')) return;
    publish('consumer:error', () => ({ stream: this.#options.stream.name, error }));
    if (!isMillraceError(error) || !error.retryable) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop();
  }
}
