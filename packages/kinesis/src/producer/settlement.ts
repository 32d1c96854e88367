import type { MillraceError } from '../errors.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { noMeter } from '../runtime/meter.ts';
import { NO_PARTITION_KEY } from '../record/partition-key.ts';
import { contains } from '../shard/hash-range.ts';
import { HotKeys } from './hot-keys.ts';
import type { Limiter } from './limiter.ts';
import type { ResolvedProducerOptions } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { Parcel, Pending } from './pending.ts';
import type { WriteOutcome } from './record-writer.ts';
import type { Routing } from './routing.ts';
import type { ShardFollower } from './shard-follower.ts';
import { deadlineError, judgeEntry, unlistedError } from './verdict.ts';

const backoff: Backoff = { baseMs: 50, capMs: 5000 };
/** How often the shard map is asked for while records wait for it; the follower itself waits longer after failures. */
const mapRetryMs = 250;

export interface SettlementParts {
  readonly stream: string;
  readonly options: ResolvedProducerOptions;
  readonly outbox: Outbox;
  readonly limiter: Limiter;
  readonly routing: Routing;
  readonly follower: ShardFollower | undefined;
}

type Stored = Extract<WriteOutcome, { readonly ok: true }>;

/** Gives every parcel that comes back its fate: stored, once more, or the end. */
export class Settlement {
  readonly #parts: SettlementParts;
  readonly hotKeys: HotKeys = new HotKeys();
  #abandoned: MillraceError | undefined;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** From now on nothing is tried again. */
  abandon(error: MillraceError): void {
    this.#abandoned = error;
  }

  /** The call was answered, entry by entry. What must wait for a new shard map is settled when the promise resolves. */
  answered(request: readonly Parcel[], outcomes: readonly WriteOutcome[]): Promise<void> | undefined {
    const { stream, options, limiter } = this.#parts;
    const jitter = options.clock.random();
    const strangers: (readonly [Parcel, Stored])[] = [];
    let refused = 0;
    for (const [index, parcel] of request.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if (!outcome.ok) {
        refused++;
        const error = judgeEntry(stream, outcome);
        if (error.code === 'THROTTLED') limiter.throttled(parcel.shardId, options.clock.monotonic());
        this.#apply(parcel, error, jitter);
      } else if (parcel.shardId === undefined || parcel.shardId === outcome.shardId)
        this.#stored(parcel, outcome);
      else strangers.push([parcel, outcome]);
    }
    publish('producer:request', () => ({ stream, entries: request.length, refused }));
    return strangers.length > 0 ? this.#judgeStrangers(strangers) : undefined;
  }

  /** The call failed as a whole. */
  failed(request: readonly Parcel[], error: MillraceError): void {
    const { stream, options, outbox } = this.#parts;
    publish('producer:request-failed', () => ({ stream, entries: request.length, error }));
    // One bad entry must not take 499 good ones with it: cut the request down until the bad one is alone.
    if (error.code === 'PUT_REJECTED' && request.length > 1 && this.#abandoned === undefined) {
      outbox.halve(request);
      return;
    }
    const jitter = options.clock.random();
    for (const parcel of request) this.#apply(parcel, error, jitter);
  }

  /** A record's deadline passed while it waited. */
  expired(now: number): void {
    const { stream, outbox } = this.#parts;
    for (const { pending, attempts, error } of outbox.expire(now)) {
      pending.failed(deadlineError(stream, pending.record.partitionKey, attempts, error));
    }
  }

  /**
   * Parcels stored in another shard than the map said: the stream was resharded. Where that shard does not own a record
   * in them, the KCL will drop it, so it goes once more; its neighbours in the aggregate are stored.
   */
  async #judgeStrangers(strangers: readonly (readonly [Parcel, Stored])[]): Promise<void> {
    const { stream, follower, routing, outbox, options } = this.#parts;
    await this.#learnRanges(strangers);
    for (const [parcel, outcome] of strangers) {
      const range = follower?.rangeOf(outcome.shardId);
      if (range === undefined && parcel.members.length > 1) {
        this.#unjudged(parcel, outcome.shardId);
        continue;
      }
      const isForeign = ({ record }: Pending): boolean =>
        range !== undefined && parcel.members.length > 1 && !contains(range, routing.hashKeyOf(record));
      const foreign = parcel.members.filter(isForeign);
      if (foreign.length === 0) {
        this.#stored(parcel, outcome);
        continue;
      }
      publish('producer:foreign', () => ({ stream, shardId: outcome.shardId, records: foreign.length }));
      options.meter.add('millrace.producer.foreign', foreign.length, { stream });
      this.#receipt(parcel, outcome, (member) => !foreign.includes(member));
      outbox.giveBack(parcel, foreign);
    }
  }

  /** Asks for the map until it tells whose the records of every aggregate are, or none of them can wait any longer. */
  async #learnRanges(strangers: readonly (readonly [Parcel, Stored])[]): Promise<void> {
    const { follower, options } = this.#parts;
    const { clock } = options;
    const isOpen = ([{ members }, { shardId }]: readonly [Parcel, Stored]): boolean =>
      members.length > 1 &&
      follower?.rangeOf(shardId) === undefined &&
      members.some(({ deadlineAt }) => deadlineAt > clock.monotonic());
    for (;;) {
      await follower?.refresh();
      if (this.#abandoned !== undefined || !strangers.some(isOpen)) return;
      await sleep(clock, mapRetryMs);
    }
  }

  /** To call it stored could lose a record that is foreign there: nobody will put that again. */
  #unjudged(parcel: Parcel, shardId: string): void {
    const { stream, outbox } = this.#parts;
    const cause = unlistedError(stream, shardId);
    outbox.settle(parcel);
    for (const member of parcel.members) {
      const { partitionKey } = member.record;
      member.failed(this.#abandoned ?? deadlineError(stream, partitionKey, parcel.attempts + 1, cause));
    }
  }

  #stored(parcel: Parcel, outcome: Stored): void {
    this.#parts.outbox.settle(parcel);
    this.#receipt(parcel, outcome);
  }

  #receipt(
    parcel: Parcel,
    { shardId, sequenceNumber }: Stored,
    isStored?: (member: Pending) => boolean,
  ): void {
    const { options } = this.#parts;
    const { members } = parcel;
    const attempts = parcel.attempts + 1;
    if (options.meter !== noMeter) this.#measure(parcel);
    this.#countKeys(shardId, members);
    let subSequenceNumber = 0;
    for (const member of members) {
      if (isStored === undefined || isStored(member)) {
        member.stored({ shardId, sequenceNumber, subSequenceNumber, attempts });
      }
      subSequenceNumber++;
    }
  }

  #measure({ members, bytes, attempts }: Parcel): void {
    const { stream, options } = this.#parts;
    const { meter, clock } = options;
    const labels = { stream };
    meter.add('millrace.producer.records', members.length, labels);
    meter.add('millrace.producer.entries', 1, labels);
    meter.add('millrace.producer.entry_bytes', bytes, labels);
    meter.record('millrace.producer.records_per_entry', members.length, labels);
    meter.record('millrace.producer.retries', attempts, labels);
    const oldest = members[0]?.acceptedAt ?? 0;
    meter.record('millrace.producer.settle_ms', clock.monotonic() - oldest, labels);
  }

  /** Records of one key stand together more often than not, so they are counted by runs. */
  #countKeys(shardId: string, members: readonly Pending[]): void {
    let run = 0;
    let key = '';
    for (const { record } of members) {
      if (record.partitionKey !== key) {
        if (run > 0) this.hotKeys.add(shardId, key, run);
        key = record.partitionKey;
        run = 0;
      }
      run++;
    }
    if (run > 0 && key !== NO_PARTITION_KEY) this.hotKeys.add(shardId, key, run);
  }

  /** Entries refused together share their `jitter`, or the next call would be one per entry. */
  #apply(parcel: Parcel, error: MillraceError, jitter: number): void {
    const { stream, options, outbox } = this.#parts;
    options.meter.add('millrace.producer.errors', parcel.members.length, {
      stream,
      code: error.code,
    });
    const tried: Parcel = { ...parcel, attempts: parcel.attempts + 1, error };
    if (this.#abandoned !== undefined || !error.retryable) {
      outbox.settle(tried);
      for (const member of tried.members) member.failed(this.#abandoned ?? error);
      return;
    }
    const now = options.clock.monotonic();
    const isLate = ({ deadlineAt }: Pending): boolean => deadlineAt <= now;
    const late = tried.members.filter(isLate);
    if (late.length === 0) {
      outbox.retry(tried, now + backoffDelay(backoff, tried.attempts, { random: () => jitter }));
      return;
    }
    outbox.giveBack(
      tried,
      tried.members.filter((member) => !isLate(member)),
    );
    for (const member of late) {
      member.failed(deadlineError(stream, member.record.partitionKey, tried.attempts, error));
    }
  }
}
