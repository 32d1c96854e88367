import { systemClock, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { noMeter, type Meter } from '../runtime/meter.ts';
import { choiceOption, integerOption, optionError } from '../runtime/options.ts';
import type { LostRecord } from '../sink/lost-record.ts';
import type { Distribution } from '../stream/stream.ts';

/** What order the stream keeps among records put by one producer. */
export type Ordering = 'none' | 'key' | 'shard';

/** Which user records may share one Kinesis record, in the KPL format. */
export type Aggregation = 'none' | 'key' | 'shard';

export interface ProducerOptions {
  /**
   * `'key'`: records of one partition key arrive in the order they were put, through retries, partial failures and
   * resharding. It costs latency under load: a key has one Kinesis record in flight at a time, so pair it with
   * `aggregation` when keys are hot. `'shard'`: the same for all records of one shard; without aggregation that is one
   * record a round trip and shard.
   * @defaultValue `'none'`
   */
  readonly ordering?: Ordering;
  /**
   * `'key'`: user records of one partition key that wait together travel as one KPL aggregate. Cheaper and much faster
   * for small records; every consumer must open aggregates (Millrace, the KCL and Lambda with our handler do).
   * `'shard'`: the same across partition keys, as the KPL does, for streams of many keys. It follows the stream's shards
   * with ListShards, and after a reshard re-sends what landed outside its shard; a consumer that does not drop such
   * records, as the KCL and Millrace do, sees them twice.
   * @defaultValue `'none'`
   */
  readonly aggregation?: Aggregation;
  /** The longest a record waits for company before it is sent. @defaultValue `'20ms'` */
  readonly linger?: Duration;
  /** How long a record may take, retries included, before its promise rejects with `PUT_DEADLINE`. @defaultValue `'30s'` */
  readonly deadline?: Duration;
  /** How long one PutRecords call may take before it counts as failed and is retried. @defaultValue `'10s'` */
  readonly requestTimeout?: Duration;
  /**
   * Memory for what is accepted and not yet settled: the records' bytes, and 256 more for each. Beyond it `put` waits.
   * 1 KiB to 4 GiB. @defaultValue 16 MiB
   */
  readonly maxBufferedBytes?: number;
  /** PutRecords calls in flight at once, 1 to 256. @defaultValue `4` */
  readonly maxInFlight?: number;
  /** Bytes of data and partition keys in one PutRecords call, 1 KiB to 10 MiB. @defaultValue 5 MiB */
  readonly maxRequestBytes?: number;
  /**
   * The largest record (data and partition key), 1 KiB to 10 MiB.
   * @defaultValue what the stream is configured for, asked with DescribeStreamSummary when the first record of more than
   * 1 MiB comes; 1 MiB when that may not be asked
   */
  readonly maxRecordBytes?: number;
  /**
   * Receives each record that could not be stored, and why, before its promise rejects: write it where it can be put from
   * again. A record refused at the door as invalid is not passed on: the caller has it.
   */
  readonly onUndeliverable?: (lost: LostRecord) => unknown;
  /** Counts and times what the producer does. @defaultValue nobody listens */
  readonly meter?: Meter;
  /** Time and chance; a manual one in tests. @defaultValue the system's */
  readonly clock?: Clock;
}

/** What a producer of a stream can be asked for: without keys there is nothing to order or to aggregate by. */
export type OptionsFor<D extends Distribution> = [D] extends ['auto']
  ? ProducerOptions & { readonly ordering?: 'none'; readonly aggregation?: 'none' }
  : ProducerOptions;

/** The options a producer runs with: checked, complete and frozen. */
export interface ResolvedProducerOptions {
  readonly ordering: Ordering;
  readonly aggregation: Aggregation;
  readonly lingerMs: number;
  readonly deadlineMs: number;
  readonly requestTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly maxInFlight: number;
  readonly maxRequestBytes: number;
  /** Undefined: as the stream is configured. */
  readonly maxRecordBytes: number | undefined;
  readonly onUndeliverable: ((lost: LostRecord) => unknown) | undefined;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** Throws `OPTION_INVALID` for what a stream without keys cannot give, said by callers without types. */
export function checkKeyless({ ordering, aggregation }: ResolvedProducerOptions): void {
  const allowed = "'none' for a stream of distribution 'auto', where records have no keys";
  if (ordering !== 'none') throw optionError('producer.ordering', ordering, allowed);
  if (aggregation !== 'none') throw optionError('producer.aggregation', aggregation, allowed);
}

const KiB = 1024;
const MiB = 1024 * KiB;

export function resolveProducerOptions(options: ProducerOptions): ResolvedProducerOptions {
  return Object.freeze({
    ordering: choiceOption('producer.ordering', options.ordering ?? 'none', ['none', 'key', 'shard']),
    aggregation: choiceOption('producer.aggregation', options.aggregation ?? 'none', [
      'none',
      'key',
      'shard',
    ]),
    lingerMs: toMilliseconds(options.linger ?? 20, 'producer.linger'),
    deadlineMs: toMilliseconds(options.deadline ?? 30_000, 'producer.deadline'),
    requestTimeoutMs: toMilliseconds(options.requestTimeout ?? 10_000, 'producer.requestTimeout'),
    maxBufferedBytes: integerOption(
      'producer.maxBufferedBytes',
      options.maxBufferedBytes ?? 16 * MiB,
      KiB,
      4096 * MiB,
    ),
    maxInFlight: integerOption('producer.maxInFlight', options.maxInFlight ?? 4, 1, 256),
    maxRequestBytes: integerOption(
      'producer.maxRequestBytes',
      options.maxRequestBytes ?? 5 * MiB,
      KiB,
      10 * MiB,
    ),
    maxRecordBytes:
      options.maxRecordBytes === undefined
        ? undefined
        : integerOption('producer.maxRecordBytes', options.maxRecordBytes, KiB, 10 * MiB),
    onUndeliverable: options.onUndeliverable,
    meter: options.meter ?? noMeter,
    clock: options.clock ?? systemClock,
  });
}
