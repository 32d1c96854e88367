import type { HashRange } from '@millrace/kinesis/shard';

import type { Consumer } from './consumer.ts';
import type { HashPartitionKey } from './hash-key.ts';
import { limits } from './limits.ts';
import type { RecordHeap } from './record-heap.ts';
import type { ReshardStep } from './reshard.ts';
import type { ShardState } from './state.ts';
import { Router } from './router.ts';
import { Shard } from './shard.ts';
import {
  createStreamSettings,
  type StreamMode,
  type StreamSettings,
  type StreamStatus,
} from './stream-settings.ts';
import { WriteThroughput } from './write-throughput.ts';

export interface StreamInit {
  readonly name: string;
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly mode: StreamMode;
  readonly maxRecordBytes: number;
  readonly hash: HashPartitionKey;
  /** Tells it from every other stream there ever was, whatever their names. */
  readonly id: number;
  readonly heap: RecordHeap;
}

/** One stream: its settings and its shards, open and closed. Knows no limits and no messages. */
export class Stream {
  readonly id: number;
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly tags: Map<string, string> = new Map();
  /** Registered readers, by name. */
  readonly consumers: Map<string, Consumer> = new Map();
  status: StreamStatus = 'CREATING';
  mode: StreamMode;
  maxRecordBytes: number;
  retentionHours: number = limits.defaultRetentionHours;
  /** The metrics counted for each shard, by their names; none unless asked for. */
  readonly shardLevelMetrics: Set<string> = new Set();
  /** Whose turn it is among the open shards when records are distributed automatically. */
  autoCursor = 0;
  /** Shards it will have when it is no longer CREATING. */
  plannedShards = 0;
  readonly settings: StreamSettings = createStreamSettings();
  /** Counted on demand only. */
  readonly throughput: WriteThroughput = new WriteThroughput();
  readonly heap: RecordHeap;
  readonly #hash: HashPartitionKey;
  readonly #shards = new Map<number, Shard>();
  #nextIndex = 0;
  #router: Router;

  constructor(init: StreamInit) {
    this.id = init.id;
    this.heap = init.heap;
    this.name = init.name;
    this.arn = init.arn;
    this.createdAt = init.createdAt;
    this.mode = init.mode;
    this.maxRecordBytes = init.maxRecordBytes;
    this.#hash = init.hash;
    this.#router = new Router([], init.hash);
  }

  get router(): Router {
    return this.#router;
  }

  /** The open shards by hash range. */
  get openShards(): readonly Shard[] {
    return this.#router.shards;
  }

  /** Every shard with a record that may still be read, in the order they were opened. */
  shards(now: number): readonly Shard[] {
    this.#forgetExpired(now);
    return [...this.#shards.values()];
  }

  /** The shard, or undefined when there never was one or its retention is over. */
  shard(index: number, now: number): Shard | undefined {
    const shard = this.#shards.get(index);
    if (shard?.closedAt === undefined || shard.closedAt > this.horizon(now)) return shard;
    this.#forgetExpired(now);
    return undefined;
  }

  /** Records that arrived before this are gone. Milliseconds since the epoch. */
  horizon(now: number): number {
    return now - this.retentionHours * limits.hourMs;
  }

  /** Every shard, expired or not. */
  get allShards(): readonly Shard[] {
    return [...this.#shards.values()];
  }

  /** The shard by that number, expired or not. */
  shardAt(index: number): Shard | undefined {
    return this.#shards.get(index);
  }

  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Takes over the shards of an earlier life, without records. */
  restore(states: readonly ShardState[], nextIndex: number): void {
    this.#nextIndex = nextIndex;
    for (const state of states) {
      const { index, openedAt } = state;
      const [start, end] = state.range;
      const parents = state.parents
        .map((parent) => this.#shards.get(parent))
        .filter((shard) => shard !== undefined);
      const range = { start: BigInt(start), end: BigInt(end) };
      this.#shards.set(
        index,
        new Shard({ index, range, parents, openedAt, heap: this.heap, restored: state }),
      );
    }
    const open = this.allShards.filter((shard) => shard.closedAt === undefined);
    this.#router = new Router(open, this.#hash);
  }

  /** Forgets every record, since the stream is deleted. */
  drop(): void {
    for (const shard of this.#shards.values()) shard.log.drop();
  }

  open(ranges: readonly HashRange[], now: number): void {
    this.reshard([{ close: [], open: ranges }], now);
  }

  reshard(steps: readonly ReshardStep[], now: number): void {
    const open = new Map(this.openShards.map((shard) => [shard.range.start, shard]));
    const closed: Shard[] = [];
    for (const step of steps) {
      const parents = step.close.map(({ start }) => open.get(start)).filter((shard) => shard !== undefined);
      for (const parent of parents) open.delete(parent.range.start);
      closed.push(...parents);
      // Never before the parents' last record: the wall clock may have gone back.
      const openedAt = Math.max(now, ...parents.map((parent) => parent.log.lastArrival));
      for (const range of step.open) {
        const shard = new Shard({ index: this.#nextIndex++, range, parents, openedAt, heap: this.heap });
        this.#shards.set(shard.index, shard);
        open.set(range.start, shard);
      }
    }
    this.#router = new Router([...open.values()], this.#hash);
    for (const shard of closed) shard.close(Math.max(now, shard.log.lastArrival));
  }

  #forgetExpired(now: number): void {
    const horizon = this.horizon(now);
    for (const shard of this.#shards.values()) {
      if (shard.closedAt === undefined || shard.closedAt > horizon) continue;
      shard.log.drop();
      this.#shards.delete(shard.index);
    }
  }
}
