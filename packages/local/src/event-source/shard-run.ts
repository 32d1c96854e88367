import { toSequenceNumber, type Position } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';

import { Alarm } from './alarm.ts';
import type { Filter } from './filter/criteria.ts';
import { Lane, type LaneRules } from './lane.ts';
import { LaneRun, type LaneEffects } from './lane-run.ts';
import type { MappingListener } from './mapping-event.ts';
import { Progress } from './progress.ts';
import { laneOf, type MappingRecord, type ShardRecord } from './record.ts';
import type { FeedPage, ShardFeed } from './source.ts';
import type { OpenWindow } from './tumbling-window.ts';

export interface ShardRunInit {
  readonly shardId: string;
  readonly feed: ShardFeed;
  readonly filter: Filter;
  readonly lanes: number;
  readonly rules: LaneRules;
  /** What an earlier run had under way, as {@link ShardRun.windows}. */
  readonly windows: LaneWindows;
  /** Bytes of a record in an event. */
  readonly bytesOf: (record: ShardRecord) => number;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Whether to look as soon as records arrive. */
  readonly onArrival: boolean;
  /** Records between the oldest unfinished one and the last one read, at most. */
  readonly readAhead: number;
  readonly effects: (lane: number) => Omit<LaneEffects, 'finished'>;
  readonly tell: MappingListener;
  /** Called when more records are finished. */
  readonly moved: () => void;
}

/** The tumbling window of each lane that has one under way. */
export type LaneWindows = readonly (OpenWindow | null)[];

const mostRecordsPerPoll = 10_000;

/** Reads one shard, hands its records to their lanes, and knows how far it is done. */
export class ShardRun {
  readonly #init: ShardRunInit;
  readonly #progress = new Progress();
  readonly #lanes: readonly LaneRun[];
  readonly #alarm: Alarm;
  #firstRead: string | undefined;
  /** Where nothing was read of yet. What the feed says may be a page ahead of what was taken in. */
  #unread: Position;
  #tellOpened: () => void = () => {};
  /** Resolves when it has its place in the shard, or could not take it. */
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.#tellOpened = resolve;
  });
  #stopping = false;
  #readToEnd = false;

  constructor(init: ShardRunInit) {
    this.#init = init;
    this.#alarm = new Alarm(init.clock);
    this.#unread = init.feed.position;
    this.#lanes = Array.from({ length: init.lanes }, (_, index) => {
      // Another number of lanes has other keys in each.
      const window = init.windows.length === init.lanes ? init.windows[index] : undefined;
      const lane = new Lane(init.rules, init.bytesOf, init.clock.now(), window ?? undefined);
      return new LaneRun(lane, init.clock, {
        ...init.effects(index),
        finished: (records) => this.#finish(records),
      });
    });
  }

  /** Where a later run goes on: behind the last record before which none is unfinished. */
  get position(): Position {
    const { checkpoint } = this.#progress;
    if (checkpoint !== undefined) return { type: 'after', sequenceNumber: toSequenceNumber(checkpoint) };
    if (this.#firstRead !== undefined)
      return { type: 'at', sequenceNumber: toSequenceNumber(this.#firstRead) };
    return this.#unread;
  }

  /** With a later run's {@link position}: what its windows have of the records before it. */
  get windows(): LaneWindows {
    return this.#lanes.map(({ window }) => window ?? null);
  }

  /** Runs until the shard has ended and all of it is done (true), or it is stopped (false). */
  async run(): Promise<boolean> {
    const { feed, onArrival } = this.#init;
    const arrival = onArrival ? feed.onArrival?.(() => this.#alarm.ring()) : undefined;
    const lanes = this.#lanes.map((lane) => lane.run());
    try {
      await this.#attempt(() => feed.open());
      this.#unread = feed.position;
      this.#tellOpened();
      await this.#read();
      for (const lane of this.#lanes) if (this.#readToEnd) lane.end();
      await Promise.all(lanes);
    } finally {
      this.#tellOpened();
      arrival?.[Symbol.dispose]();
      feed.close();
    }
    return this.#readToEnd && this.#progress.open === 0 && !this.#stopping;
  }

  /** Ends it once the invocations under way are over. */
  stop(): void {
    this.#stopping = true;
    for (const lane of this.#lanes) lane.stop();
    this.#init.feed.close();
    this.#alarm.ring();
  }

  async #read(): Promise<void> {
    const { feed, clock, pollMs, readAhead } = this.#init;
    while (!this.#stopping) {
      const room = readAhead - this.#progress.open;
      if (room <= 0) {
        await this.#alarm.wait();
        continue;
      }
      const page = await this.#attempt(() => feed.next(Math.min(room, mostRecordsPerPoll)));
      if (this.#stopping) return;
      if (page !== undefined) this.#take(page);
      if (page?.ended === true) {
        this.#readToEnd = true;
        return;
      }
      if (page === undefined || (!feed.pushed && !page.behind)) await this.#pause(clock.now() + pollMs);
    }
  }

  /** Undefined when reading failed; what failed was told. */
  async #attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
    const { shardId, tell } = this.#init;
    try {
      return await read();
    } catch (error) {
      tell({ type: 'trouble', shardId, message: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  /** Until the time, however often room is made; with arrivals heeded, until some. */
  async #pause(until: number): Promise<void> {
    const { clock, onArrival } = this.#init;
    await this.#alarm.wait(until);
    if (!onArrival && !this.#stopping && clock.now() < until) await this.#pause(until);
  }

  #take({ records }: FeedPage): void {
    const { filter, tell, shardId, lanes, feed } = this.#init;
    this.#firstRead ??= records[0]?.sequenceNumber;
    this.#unread = feed.position;
    let filtered = 0;
    for (const record of records) {
      const ordinal = this.#progress.add(record.sequenceNumber);
      if (filter.accepts(record)) {
        this.#lanes[laneOf(record.partitionKey, lanes)]?.push({ ...record, ordinal });
      } else {
        filtered++;
        this.#progress.finish(ordinal);
      }
    }
    tell({ type: 'polled', shardId, records: records.length, filtered });
    if (records.length > filtered) for (const lane of this.#lanes) lane.wake();
  }

  #finish(records: readonly MappingRecord[]): void {
    if (records.length === 0) return;
    const full = this.#progress.open >= this.#init.readAhead;
    for (const { ordinal } of records) this.#progress.finish(ordinal);
    if (full) this.#alarm.ring();
    this.#init.moved();
  }
}
