import type { Position } from '@millrace/kinesis/record';
import { adjacent, evenRanges } from '@millrace/kinesis/shard';

import { Account } from './account.ts';
import { Channels } from './channels.ts';
import { keyAt } from './encryption.ts';
import { Kms } from './kms.ts';
import { captureStream, restoreSettings } from './capture.ts';
import type { EngineState } from './state.ts';
import { limits } from './limits.ts';
import { desiredShards } from './on-demand.ts';
import type { EngineOptions } from './options.ts';
import { MemoryHeap, type RecordHeap } from './record-heap.ts';
import { openIterator, readRecords, type ReadBatch, type ReadOptions } from './reading.ts';
import { mergeStep, splitStep, uniformSteps, type ReshardStep } from './reshard.ts';
import { invalidArgument, ServiceError } from './service-error.ts';
import { parseShardId, type Shard } from './shard.ts';
import type { ShardIterator } from './shard-iterator.ts';
import {
  ofLastDay,
  type LimitedChange,
  type RecordDistribution,
  type StreamMode,
} from './stream-settings.ts';
import { Stream } from './stream.ts';
import { StreamWriter } from './stream-writer.ts';

export interface CreateStreamOptions {
  /** Default 4, as on demand. */
  readonly shards?: number;
  /** Default `PROVISIONED` when `shards` is given. */
  readonly mode?: StreamMode;
  /** Largest record, bytes of data and partition key. Default 1 MiB, at most 10 MiB. */
  readonly maxRecordBytes?: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** Write capacity to begin with on demand, MiB a second. */
  readonly warmMiBps?: number;
  /** Default `USER_PARTITION_KEY`. */
  readonly distribution?: RecordDistribution;
  /** ACTIVE before the call returns, however long creation takes otherwise. */
  readonly atOnce?: boolean;
}

/**
 * A Kinesis in memory: synchronous, pure but for its clock, deterministic on a manual one. Errors are
 * {@link ServiceError}s in the service's own words. Streams change state by timers of the clock.
 */
export class Engine {
  readonly options: EngineOptions;
  /** Marks keys that do not work. */
  readonly kms: Kms;
  readonly account: Account = new Account();
  readonly channels: Channels;
  readonly #streams = new Map<string, Stream>();
  readonly #timers = new Set<Disposable>();
  readonly #heap: RecordHeap;
  #streamCount = 0;

  constructor(options: EngineOptions) {
    this.options = options;
    this.#heap = options.heap ?? new MemoryHeap();
    this.kms = new Kms(options);
    for (const [keyId, state] of Object.entries(options.kmsKeys ?? {})) this.kms.mark(keyId, state);
    this.channels = new Channels(this, options.bucketStore);
  }

  /** Wall time, milliseconds since the epoch. */
  get now(): number {
    return this.options.clock.now();
  }

  /** Every stream, by name. */
  get streams(): readonly Stream[] {
    return [...this.#streams.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get openShardCount(): number {
    let count = 0;
    for (const stream of this.#streams.values()) count += stream.openShards.length;
    return count;
  }

  find(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  /** To be awaited before anything is answered; undefined when there is nothing to wait for. */
  settled(): Promise<void> | undefined {
    return this.#heap.settled?.();
  }

  /** To be called when something else than records may have changed. */
  changed(): void {
    this.options.onChange?.();
  }

  /** All but the records. */
  capture(): EngineState {
    return {
      version: 1,
      streamCount: this.#streamCount,
      commitment: this.account.commitment(this.now),
      streams: this.streams.map(captureStream),
      channels: this.channels.capture(),
      kmsKeys: this.kms.capture(),
    };
  }

  /** Takes over an earlier life, but for its records. Streams that were being made are there, those being deleted gone. */
  restore(state: EngineState): void {
    this.#streamCount = state.streamCount;
    this.account.restore(state.commitment);
    for (const one of state.streams) {
      if (one.status === 'DELETING') continue;
      const { hash } = this.options;
      const stream = new Stream({ ...one, heap: this.#heap, hash });
      restoreSettings(stream, one);
      stream.restore(one.shards, one.nextIndex);
      if (one.status === 'CREATING') stream.open(evenRanges(one.plannedShards), this.now);
      stream.status = 'ACTIVE';
      this.#streams.set(one.name, stream);
    }
    this.channels.restore(state.channels ?? []);
    this.kms.restore(state.kmsKeys ?? {});
  }

  /** Throws `ResourceNotFoundException`. */
  stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw this.streamNotFound(name);
    if (stream.mode === 'ON_DEMAND' && stream.throughput.settle(this.now)) this.scale(stream);
    return stream;
  }

  streamNotFound(name: string, accountId: string = this.options.accountId): ServiceError {
    return new ServiceError(
      'ResourceNotFoundException',
      `Stream ${name} under account ${accountId} not found.`,
    );
  }

  /** Throws `ResourceInUseException` when the name is taken, `LimitExceededException` over the account's shards. */
  createStream(name: string, init: CreateStreamOptions = {}): Stream {
    if (this.#streams.has(name)) {
      throw new ServiceError('ResourceInUseException', `${this.#named(name)} already exists.`);
    }
    const { accountId, region, createStreamMs, hash } = this.options;
    const mode = init.mode ?? (init.shards === undefined ? 'ON_DEMAND' : 'PROVISIONED');
    const shards = init.shards ?? Math.max(limits.onDemandShards, init.warmMiBps ?? 0);
    this.#checkShardLimit(shards);
    this.#checkCreating(mode);
    const stream = new Stream({
      id: ++this.#streamCount,
      heap: this.#heap,
      name,
      arn: `arn:aws:kinesis:${region}:${accountId}:stream/${name}`,
      createdAt: this.now,
      mode,
      maxRecordBytes: init.maxRecordBytes ?? limits.defaultRecordBytes,
      hash,
    });
    for (const [key, value] of Object.entries(init.tags ?? {})) stream.tags.set(key, value);
    stream.settings.warmMiBps = init.warmMiBps;
    stream.settings.distribution = init.distribution ?? 'USER_PARTITION_KEY';
    stream.plannedShards = shards;
    this.#streams.set(name, stream);
    this.after(init.atOnce === true ? 0 : createStreamMs, () => {
      if (stream.status !== 'CREATING') return;
      stream.open(evenRanges(shards), this.now);
      stream.status = 'ACTIVE';
    });
    this.changed();
    return stream;
  }

  /** Throws `ResourceNotFoundException`. */
  deleteStream(name: string): void {
    const stream = this.stream(name);
    stream.status = 'DELETING';
    this.after(this.options.deleteStreamMs, () => {
      if (this.#streams.get(name) === stream) this.#streams.delete(name);
      stream.drop();
      for (const shard of stream.openShards) shard.wake();
    });
  }

  /**
   * Cuts a shard in two, the second beginning at `newStartingHashKey` (default: in the middle). Throws
   * `ResourceNotFoundException`, `ResourceInUseException` unless ACTIVE, `InvalidArgumentException`.
   */
  splitShard(name: string, shardId: string, newStartingHashKey?: bigint): void {
    const stream = this.#activeStream(name);
    const shard = this.#openShard(stream, shardId);
    this.#checkShardLimit(1);
    const { start, end } = shard.range;
    const cut = newStartingHashKey ?? (start + end + 1n) / 2n;
    if (cut <= start + 1n || cut >= end) {
      throw invalidArgument(
        `NewStartingHashKey ${cut} used in SplitShard() on shard ${shard.id} in ${this.#inStream(name)} is not both ` +
          `greater than one plus the shard's StartingHashKey ${start} and less than the shard's EndingHashKey ${end}.`,
      );
    }
    this.#update(stream, () => [splitStep(shard.range, cut)]);
  }

  /** Joins two shards with adjacent hash ranges; errors as {@link splitShard}. */
  mergeShards(name: string, shardId: string, adjacentShardId: string): void {
    const stream = this.#activeStream(name);
    const first = this.#openShard(stream, shardId);
    const second = this.#openShard(stream, adjacentShardId);
    if (first === second || !adjacent(first.range, second.range)) {
      throw invalidArgument(
        `Shards ${first.id} and ${second.id} in ${this.#inStream(name)} are not an adjacent pair of shards eligible ` +
          'for merging',
      );
    }
    const [lower, upper] = first.range.start < second.range.start ? [first, second] : [second, first];
    this.#update(stream, () => [mergeStep(lower.range, upper.range)]);
  }

  /** Splits and merges to `target` open shards of equal size; answers how many there are before. */
  updateShardCount(name: string, target: number): number {
    const stream = this.#activeStream(name);
    const current = stream.openShards.length;
    const counts = `Current open shard count: ${current}, Target shard count: ${target}`;
    if (target > current * 2) {
      throw new ServiceError(
        'LimitExceededException',
        `UpdateShardCount cannot scale up over double your current open shard count. ${counts}`,
      );
    }
    if (target < current / 2) {
      throw new ServiceError(
        'LimitExceededException',
        `UpdateShardCount cannot scale down below half your current open shard count. ${counts}`,
      );
    }
    if (target > current) this.#checkShardLimit(target - current);
    this.countChange(stream, 'shardCount', limits.shardCountUpdatesPerDay);
    this.#update(stream, () =>
      uniformSteps(
        stream.openShards.map((shard) => shard.range),
        target,
      ),
    );
    return current;
  }

  /** Takes records for one call; see {@link StreamWriter}. Throws `ResourceNotFoundException`. */
  writer(name: string): StreamWriter {
    const stream = this.stream(name);
    if (stream.status !== 'ACTIVE' && stream.status !== 'UPDATING') throw this.streamNotFound(name);
    this.#checkKey(stream);
    const { enforceLimits, clock, accountId } = this.options;
    return new StreamWriter(stream, {
      now: this.now,
      accountId,
      ...(enforceLimits ? { budgetTime: clock.monotonic() } : {}),
    });
  }

  /**
   * A place in a shard; `position` is asked once the shard is found. Throws `ResourceNotFoundException` for an unknown
   * shard, `InvalidArgumentException` for a sequence number that is not of it.
   */
  openIterator(
    name: string,
    shardId: string,
    position: () => Position,
    operation?: 'GetShardIterator' | 'SubscribeToShard',
  ): ShardIterator {
    return openIterator(this, name, shardId, position, operation);
  }

  /** The next records; `toRecord` makes each as the caller wants it. */
  read<T>(iterator: ShardIterator, options: ReadOptions<T>): ReadBatch<T> {
    return readRecords(this, iterator, options);
  }

  /** Stops every pending change of state, and ends every subscription. */
  close(): void {
    for (const stream of this.#streams.values()) {
      for (const consumer of stream.consumers.values()) {
        for (const subscription of consumer.subscriptions.values()) subscription.end();
      }
    }
    this.channels.close();
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  /** The shard with that id, in any of the forms the service takes. */
  findShard(stream: Stream, shardId: string): Shard | undefined {
    const index = parseShardId(shardId);
    return index === undefined ? undefined : stream.shard(index, this.now);
  }

  #openShard(stream: Stream, shardId: string): Shard {
    const shard = this.findShard(stream, shardId);
    if (shard === undefined) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `Could not find shard ${shardId} in ${this.#inStream(stream.name)}.`,
      );
    }
    if (shard.closedAt !== undefined) {
      throw invalidArgument(
        `Shard ${shard.id} in ${this.#inStream(stream.name)} has already been merged or split, and thus is not ` +
          'eligible for merging or splitting.',
      );
    }
    return shard;
  }

  #activeStream(name: string): Stream {
    const stream = this.stream(name);
    this.checkActive(stream);
    return stream;
  }

  /** Throws `ResourceInUseException` unless the stream is in one of `states`. */
  checkActive(stream: Stream, states: readonly Stream['status'][] = ['ACTIVE']): void {
    if (states.includes(stream.status)) return;
    throw new ServiceError(
      'ResourceInUseException',
      `${this.#named(stream.name)} not ACTIVE, instead in state ${stream.status}`,
    );
  }

  #update(stream: Stream, plan: () => readonly ReshardStep[]): void {
    this.update(stream, () => stream.reshard(plan(), this.now));
  }

  /** Makes an ACTIVE stream UPDATING, and ACTIVE again once `change` is made. */
  update(stream: Stream, change: () => void): void {
    this.checkActive(stream);
    stream.status = 'UPDATING';
    this.after(this.options.updateStreamMs, () => {
      if (stream.status !== 'UPDATING') return;
      stream.status = 'ACTIVE';
      change();
    });
  }

  /** Gives a stream on demand the shards it should have now. */
  scale(stream: Stream): void {
    const desired = desiredShards(stream, this.now);
    if (stream.status !== 'ACTIVE' || stream.openShards.length === desired) return;
    const ranges = stream.openShards.map((shard) => shard.range);
    stream.reshard(uniformSteps(ranges, desired), this.now);
    this.changed();
  }

  /** Counts a change that may be made `most` times in 24 hours. Throws `LimitExceededException` when limits are enforced. */
  countChange(stream: Stream, change: LimitedChange, most: number): void {
    const { changes } = stream.settings;
    const made = ofLastDay(changes[change], this.now);
    if (this.options.enforceLimits && made.length >= most) {
      throw new ServiceError(
        'LimitExceededException',
        `${this.#named(stream.name)} has been updated too many times: this change may be made ${most} times in a ` +
          'rolling 24-hour period.',
      );
    }
    changes[change] = [...made, this.now];
  }

  #checkKey(stream: Stream): void {
    if (!this.kms.marked) return;
    const keyId = keyAt(stream.settings.encryption, this.now);
    if (keyId !== undefined) this.kms.check(keyId);
  }

  #checkCreating(mode: StreamMode): void {
    if (!this.options.enforceLimits) return;
    const onDemand = this.streams.filter((stream) => stream.mode === 'ON_DEMAND').length;
    if (mode === 'ON_DEMAND' && onDemand >= limits.onDemandStreams) {
      throw new ServiceError(
        'LimitExceededException',
        `${onDemand} streams under account ${this.options.accountId} are in On-Demand mode. The limit is ` +
          `${limits.onDemandStreams}.`,
      );
    }
    const creating = this.streams.filter((stream) => stream.status === 'CREATING').length;
    if (creating < limits.streamsCreating) return;
    throw new ServiceError(
      'LimitExceededException',
      `${creating} streams under account ${this.options.accountId} are in CREATING status. The limit is ` +
        `${limits.streamsCreating}.`,
    );
  }

  /** Runs `task` later, at once for no delay; never after the engine closed. */
  after(delayMs: number, task: () => void): void {
    if (delayMs <= 0) {
      task();
      this.changed();
      return;
    }
    const timer = this.options.clock.timer(delayMs, () => {
      this.#timers.delete(timer);
      task();
      this.changed();
    });
    this.#timers.add(timer);
  }

  #checkShardLimit(additional: number): void {
    const { shardLimit, accountId, region } = this.options;
    const current = this.openShardCount;
    if (current + additional <= shardLimit) return;
    throw new ServiceError(
      'LimitExceededException',
      `This request would exceed the shard limit for the account ${accountId} in ${region}. Current shard count for ` +
        `the account: ${current}. Limit: ${shardLimit}. Number of additional shards that would have resulted from ` +
        `this request: ${additional}. Refer to the AWS Service Limits page ` +
        '(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to ' +
        'request higher limits.',
    );
  }

  #named(name: string): string {
    return `Stream ${name} under account ${this.options.accountId}`;
  }

  #inStream(name: string): string {
    return `stream ${name} under account ${this.options.accountId}`;
  }
}
