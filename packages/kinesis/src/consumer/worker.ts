import { isMillraceError } from '../errors.ts';
import type { Lease, LeaseStore } from '../lease/index.ts';
import type { Handler } from '../process/index.ts';
import { sleep } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { Ticker } from '../runtime/ticker.ts';
import { attempt, noLongerOnce, noLongerThan } from './attempt.ts';
import type { Fleet, Won } from './fleet.ts';
import { noLimit, type ResolvedConsumerOptions } from './options.ts';
import type { ShardSelector, ShardStatus } from './status.ts';
import { selects } from './status.ts';
import type { StreamInHand } from './stream-in-hand.ts';
import { Tenure } from './tenure.ts';

/** So that one may be lost, and fewer than the KCL's, which pays for looking at the leases more often. */
const beatsPerLease = 2.6;
/**
 * A worker that holds all leases has nothing to take: it looks at one tick in ten, as seldom as the KCL. Who comes asks with a
 * write that the next beat sees, and what it loses has it look at the next tick.
 */
const ticksMissedAlone = 9;
const shardSyncMs = 60_000;
/** A shard that did not move here is left to others for so many lease durations. */
const avoidDurations = 3;

export interface WorkerOptions<T> extends ResolvedConsumerOptions {
  readonly store: LeaseStore;
  readonly fleet: Fleet;
  readonly handler: Handler<T>;
  /** Made before the first look at the leases; their streams must be asked for first when there are several. */
  readonly streams: (signal: AbortSignal) => Promise<readonly StreamInHand<T>[]>;
}

/**
 * One member of a consumer group. Three loops, each on its own beat, and one tenure per shard held:
 *
 * - beat: renews or checkpoints every lease held, 2.6 times a lease duration, and looks at whether each shard moves;
 * - claim: looks at all leases, takes what it should have and asks for what others have too much of;
 * - sync: compares leases with the streams' shards.
 *
 * `stop` ends claim and sync and lets every shard finish what it has; the beat goes on until the last has given its lease
 * back. `kill` asks the handlers to give up and waits for them no longer.
 */
export class Worker<T> {
  readonly #options: WorkerOptions<T>;
  readonly #tenures = new Map<string, Tenure<T>>();
  readonly #working = new Set<Promise<void>>();
  readonly #paused: ShardSelector[] = [];
  /** Leases given up because their shards did not move, or with a write under way, and until when they are left to others (monotonic). */
  readonly #avoided = new Map<string, number>();
  readonly #beat: Ticker;
  readonly #claim: Ticker;
  readonly #sync: Ticker;
  readonly #stopping = new AbortController();
  #streams: ReadonlyMap<string | undefined, StreamInHand<T>> = new Map();
  #foreign = 0;
  /** How many ticks of the claim are still to be passed over. */
  #missing = 0;
  /** How often something happened that the claim should look at. */
  #news = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: WorkerOptions<T>) {
    const { clock, leaseDurationMs } = options;
    this.#options = options;
    this.#beat = new Ticker(clock, leaseDurationMs / beatsPerLease);
    this.#claim = new Ticker(clock, Math.min(2000, leaseDurationMs / 3));
    this.#sync = new Ticker(clock, shardSyncMs);
  }

  get shards(): readonly ShardStatus[] {
    return [...this.#tenures.values()].map(({ status }) => status);
  }

  get foreignRecords(): number {
    return this.#foreign;
  }

  /** Resolves when stopped and every lease is given back; rejects with what made it stop, when it did so by itself. */
  async run(): Promise<void> {
    const beating = this.#loop(this.#beat, async () => {
      // None waits for another's: one request that gets no answer must not cost every lease.
      for (const tenure of this.#tenures.values()) void tenure.beat();
    });
    await this.#soon(this.#begin());
    await this.#soon(
      Promise.all([
        this.#loop(this.#claim, () => this.#claimLeases()),
        this.#loop(this.#sync, async () => {
          // There may be leases now that nobody holds.
          if (await this.#syncShards()) this.#lookSoon();
        }),
      ]),
    );
    while (this.#working.size > 0) await Promise.all(this.#working);
    await this.#leave();
    this.#beat.end();
    await beating;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  stop(): void {
    this.#stopping.abort();
    this.#claim.end();
    this.#sync.end();
    for (const tenure of this.#tenures.values()) tenure.stop();
  }

  kill(): void {
    this.stop();
    for (const tenure of this.#tenures.values()) tenure.kill();
  }

  /** Holds for shards that come later, too, until resumed. */
  pause(selector: ShardSelector): void {
    this.#paused.push(selector);
    for (const tenure of this.#selected(selector)) tenure.pause();
  }

  /** Lifts every pause whose shards are all among the selected. */
  resume(selector: ShardSelector): void {
    const kept = this.#paused.filter(({ stream, shardId }) => {
      const covers =
        (selector.stream === undefined || selector.stream === stream) &&
        (selector.shardId === undefined || selector.shardId === shardId);
      return !covers;
    });
    this.#paused.splice(0, this.#paused.length, ...kept);
    for (const tenure of this.#selected(selector)) tenure.resume();
  }

  /** In how many shards the key was parked. */
  unpark(partitionKey: string, selector: ShardSelector): number {
    return this.#selected(selector).filter((tenure) => tenure.unpark(partitionKey)).length;
  }

  isOurs = (lease: Lease): boolean => this.#streams.has(lease.streamIdentifier);

  #selected(selector: ShardSelector): readonly Tenure<T>[] {
    return [...this.#tenures.values()].filter(({ status }) => selects(selector, status));
  }

  #begin(): Promise<void> {
    const { store, streams } = this.#options;
    return this.#attempt(async () => {
      const { signal } = this.#stopping;
      await store.prepare({ signal });
      const inHand = await streams(signal);
      this.#streams = new Map(inHand.map((stream) => [stream.identifier, stream]));
      // Nothing is taken before every shard has a lease: a checkpoint forgets when the group began.
      while (!(await this.#syncShards()));
    });
  }

  async #claimLeases(): Promise<void> {
    if (this.#missing-- > 0) return;
    const before = this.#news;
    const now = this.#options.clock.monotonic();
    for (const [leaseKey, until] of this.#avoided) if (until <= now) this.#avoided.delete(leaseKey);
    const held = new Set(this.#tenures.keys());
    const avoid = new Set(this.#avoided.keys());
    const alone = await this.#options.fleet.claim({
      held,
      avoid,
      ours: this.isOurs,
      won: (one) => this.#start(one),
      left: (leases) => this.#left(leases),
      stop: this.#stopping.signal,
    });
    this.#missing = alone && this.#news === before ? ticksMissedAlone : 0;
  }

  /** No tick of the claim is passed over until it has looked again. */
  #lookSoon(): void {
    this.#news++;
    this.#missing = 0;
  }

  /** A fleet that may not hold all shards leaves some unread, and nothing else would say so. */
  #left(leases: readonly Lease[]): void {
    const { maxShards, meter, group } = this.#options;
    if (maxShards === noLimit) return;
    for (const { identifier, definition } of this.#streams.values()) {
      const stream = definition.name;
      const shards = leases
        .filter((lease) => lease.streamIdentifier === identifier)
        .map(({ shardId }) => shardId);
      meter.record('millrace.consumer.unowned', shards.length, { stream, group });
      if (shards.length > 0) publish('consumer:shards-unowned', () => ({ stream, shards, maxShards }));
    }
  }

  /** False when some of it must be looked at again, after a pause. */
  async #syncShards(): Promise<boolean> {
    const { signal } = this.#stopping;
    let complete = true;
    for (const { keeper } of this.#streams.values()) if (!(await keeper.sync(signal))) complete = false;
    if (complete) return true;
    await sleep(this.#options.clock, 1000, signal);
    this.#sync.poke();
    return false;
  }

  #start(won: Won): void {
    const { leaseKey, streamIdentifier } = won.lease;
    const stream = this.#streams.get(streamIdentifier);
    if (stream === undefined) return;
    const tenure = new Tenure<T>(won, {
      ...this.#options,
      stream: stream.definition,
      source: stream.source,
      keeper: stream.keeper,
      foreign: (records) => {
        this.#foreign += records;
        const { meter, group } = this.#options;
        meter.add('millrace.consumer.foreign', records, { stream: stream.definition.name, group });
      },
      attempt: (task) => this.#attempt(task),
      failed: (error) => this.#fail(error),
      stopping: this.#stopping.signal,
    });
    this.#tenures.set(leaseKey, tenure);
    if (this.#paused.some((selector) => selects(selector, tenure.status))) tenure.pause();
    const working = this.#work(leaseKey, tenure).finally(() => this.#working.delete(working));
    this.#working.add(working);
    if (this.#stopping.signal.aborted) tenure.stop();
  }

  async #work(leaseKey: string, tenure: Tenure<T>): Promise<void> {
    const ended = await tenure.work();
    this.#tenures.delete(leaseKey);
    const { clock, leaseDurationMs } = this.#options;
    const until = clock.monotonic() + avoidDurations * leaseDurationMs;
    this.#avoided.set(leaseKey, until);
    // Taken again here at once, a write still on its way would take the new tenure for its own echo, and overwrite it.
    if (ended !== 'stalled') {
      void tenure.held.settled.finally(() => {
        if (this.#avoided.get(leaseKey) === until) this.#avoided.delete(leaseKey);
      });
    }
    this.#lookSoon();
    if (ended === 'shard-end') this.#claim.poke();
  }

  /** Once the worker stops, whoever does not answer holds it up no longer than a lease lasts. */
  async #soon(task: Promise<unknown>): Promise<void> {
    const { clock, leaseDurationMs } = this.#options;
    await noLongerOnce(this.#stopping.signal, task, clock, leaseDurationMs);
  }

  /** Whoever is handing a lease to this worker would wait for it a lease duration long. */
  async #leave(): Promise<void> {
    const { fleet, clock, leaseDurationMs } = this.#options;
    const leaving = fleet.leave(this.isOurs).catch((error: unknown) => {
      publish('consumer:error', () => ({ error }));
    });
    await noLongerThan(leaving, clock, leaseDurationMs);
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

  #attempt(task: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    return attempt(task, { clock, signal: this.#stopping.signal, judge: (error) => this.#judge(error) });
  }

  #judge(error: unknown): void {
    if (this.#stopping.signal.aborted && isMillraceError(error, 'ABORTED')) return;
    publish('consumer:error', () => ({ error }));
    if (!isMillraceError(error) || !error.retryable) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop();
  }
}
