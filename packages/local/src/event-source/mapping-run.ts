import type { Position } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';
import { isOpen, parentsOf, type Shard } from '@millrace/kinesis/shard';

import { Alarm } from './alarm.ts';
import type { KeptPositions } from './kept-mapping.ts';
import type { MappingListener } from './mapping-event.ts';
import type { LaneWindows, ShardRun } from './shard-run.ts';

/** How far a mapping is in each shard; outlives its runs, so that a pause or an update loses nothing. */
export class Positions {
  readonly #start: Position;
  readonly #places: Map<string, Position | 'done'>;
  readonly #windows: Map<string, LaneWindows>;
  #listed: boolean;

  /** `kept` are those of an earlier process. */
  constructor(start: Position, kept: KeptPositions = { listed: false, places: {} }) {
    this.#start = start;
    this.#places = new Map(Object.entries(kept.places));
    this.#windows = new Map(Object.entries(kept.windows ?? {}));
    this.#listed = kept.listed;
  }

  /** As they are now, those that `run` is at included. */
  capture(run: MappingRun | undefined): KeptPositions {
    const places = [...this.#places].map(
      ([shardId, place]) => [shardId, run?.placeOf(shardId) ?? place] as const,
    );
    const windows = places
      .map(([shardId]) => [shardId, run?.windowsOf(shardId) ?? this.windows(shardId)] as const)
      .filter(([, lanes]) => lanes.some((window) => window !== null));
    const under = windows.length === 0 ? {} : { windows: Object.fromEntries(windows) };
    return { listed: this.#listed, places: Object.fromEntries(places), ...under };
  }

  /** Takes the shards there are; forgets those there are no more. */
  list(shards: readonly Shard[]): void {
    const first = !this.#listed;
    this.#listed = true;
    const there = new Set(shards.map(({ shardId }) => shardId));
    for (const shardId of this.#places.keys()) if (!there.has(shardId)) this.#forget(shardId);
    for (const shard of shards) {
      if (!this.#places.has(shard.shardId)) this.#places.set(shard.shardId, this.#startOf(shard, first));
    }
  }

  /** Where to read the shard from; undefined when it is done, or one of its parents is not. */
  readable(shard: Shard): Position | undefined {
    const waits = parentsOf(shard).some((parent) => (this.#places.get(parent) ?? 'done') !== 'done');
    const place = this.#places.get(shard.shardId);
    return waits || place === 'done' ? undefined : place;
  }

  /** How far it is in the shard; undefined before it has looked at it. */
  get(shardId: string): Position | 'done' | undefined {
    return this.#places.get(shardId);
  }

  /** The tumbling windows under way before what is at its place. */
  windows(shardId: string): LaneWindows {
    return this.#windows.get(shardId) ?? [];
  }

  set(shardId: string, place: Position | 'done', windows: LaneWindows): void {
    this.#places.set(shardId, place);
    this.#windows.set(shardId, windows);
  }

  #forget(shardId: string): void {
    this.#places.delete(shardId);
    this.#windows.delete(shardId);
  }

  /** Latest is what comes from the first look on: later shards are read from their beginning, closed ones not at all. */
  #startOf(shard: Shard, first: boolean): Position | 'done' {
    if (this.#start.type !== 'now') return this.#start;
    if (!first) return { type: 'oldest' };
    return isOpen(shard) ? this.#start : 'done';
  }
}

export interface MappingRunInit {
  readonly listShards: () => Promise<readonly Shard[]>;
  readonly positions: Positions;
  readonly runShard: (shardId: string, position: Position, windows: LaneWindows) => ShardRun;
  readonly clock: Clock;
  /** How often new shards are looked for. */
  readonly shardMs: number;
  readonly tell: MappingListener;
}

/** Runs every shard of a stream, children once their parents are done. */
export class MappingRun {
  readonly #init: MappingRunInit;
  readonly #running = new Map<string, ShardRun>();
  readonly #alarm: Alarm;
  readonly #looked: Promise<void>;
  readonly #done: Promise<void>;
  readonly #shards = new Set<Promise<void>>();
  #stopping = false;

  constructor(init: MappingRunInit) {
    this.#init = init;
    this.#alarm = new Alarm(init.clock);
    this.#looked = this.#look();
    this.#done = this.#run();
  }

  /** Resolves when it has looked at the shards there are, and has its place in each. */
  async opened(): Promise<void> {
    await this.#looked;
    await Promise.all([...this.#running.values()].map((shard) => shard.opened));
  }

  /** How far the shard is done now; undefined when it does not run. */
  placeOf(shardId: string): Position | undefined {
    return this.#running.get(shardId)?.position;
  }

  /** The tumbling windows under way in the shard; undefined when it does not run. */
  windowsOf(shardId: string): LaneWindows | undefined {
    return this.#running.get(shardId)?.windows;
  }

  /** Resolves once the invocations under way are over and positions are as they leave them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const shard of this.#running.values()) shard.stop();
    this.#alarm.ring();
    await this.#done;
    await Promise.all(this.#shards);
  }

  async #run(): Promise<void> {
    const { clock, shardMs } = this.#init;
    await this.#looked;
    while (!this.#stopping) {
      await this.#alarm.wait(clock.now() + shardMs);
      if (!this.#stopping) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { listShards, positions, tell } = this.#init;
    let shards: readonly Shard[];
    try {
      shards = await listShards();
    } catch (error) {
      tell({ type: 'trouble', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    if (this.#stopping) return;
    positions.list(shards);
    for (const shard of shards) {
      const position = positions.readable(shard);
      if (position !== undefined && !this.#running.has(shard.shardId)) this.#start(shard.shardId, position);
    }
  }

  #start(shardId: string, position: Position): void {
    const { runShard, positions, tell } = this.#init;
    const run = runShard(shardId, position, positions.windows(shardId));
    this.#running.set(shardId, run);
    tell({ type: 'shard', shardId, change: 'started' });
    const running = this.#watch(shardId, run);
    this.#shards.add(running);
    void running.finally(() => this.#shards.delete(running));
  }

  async #watch(shardId: string, run: ShardRun): Promise<void> {
    const { positions, tell } = this.#init;
    const done = await run.run();
    this.#running.delete(shardId);
    positions.set(shardId, done ? 'done' : run.position, run.windows);
    tell({ type: 'shard', shardId, change: done ? 'ended' : 'stopped' });
    // Its children can be read now.
    if (done) this.#alarm.ring();
  }
}
