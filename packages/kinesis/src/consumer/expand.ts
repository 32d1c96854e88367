import { decodeAggregate, noHeaders, type AggregatedEntry, type IsForeign } from '../codec/index.ts';
import { compareCheckpoints, type Checkpoint } from '../lease/index.ts';
import type { RawStreamRecord } from '../process/index.ts';
import type { StoredRecord } from '../record/record.ts';

export interface ExpandInput {
  readonly stream: string;
  readonly shardId: string;
  /** Everything up to here is handled already. */
  readonly done: Checkpoint;
  /** Whether a key is another shard's; of one shard, and remembered from batch to batch. */
  readonly isForeign: IsForeign;
  /** Hears of each record that belongs to another shard, and is dropped. */
  readonly foreign: (record: RawStreamRecord) => void;
  /** About how many records to hand on at once: an answer full of aggregates holds a million, which need not be objects all at the same time. */
  readonly chunk: number;
}

/**
 * The user records of a batch that are this shard's and not handled yet, in order, in pieces. What the checkpoint covers can only
 * stand at the beginning; later records are not compared.
 *
 * Every record passes through here, so each is made once and in one shape.
 */
export function* expandBatch(
  records: readonly StoredRecord[],
  input: ExpandInput,
): Generator<readonly RawStreamRecord[]> {
  let chunk: RawStreamRecord[] = [];
  let done: Checkpoint | undefined = input.done;
  for (const stored of records) {
    if (done !== undefined && !mayCover(done, stored)) done = undefined;
    const entries = decodeAggregate(stored.data);
    if (entries !== undefined) openAggregate(stored, entries, input, done, chunk);
    else if (done === undefined || compareCheckpoints(placeOf(stored), done) > 0)
      chunk.push(plainRecord(stored, input));
    if (chunk.length >= input.chunk) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

function placeOf({ sequenceNumber }: StoredRecord): Checkpoint {
  return { sequenceNumber, subSequenceNumber: 0 };
}

/** Whether the checkpoint may cover some of this stored record. */
function mayCover(done: Checkpoint, stored: StoredRecord): boolean {
  return compareCheckpoints(placeOf(stored), done) <= 0;
}

function plainRecord(
  { sequenceNumber, partitionKey, data, arrivedAt }: StoredRecord,
  { stream, shardId }: ExpandInput,
): RawStreamRecord {
  return {
    stream,
    shardId,
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey,
    headers: noHeaders,
    arrivedAt: new Date(arrivedAt),
    bytes: data,
  };
}

function openAggregate(
  stored: StoredRecord,
  entries: readonly AggregatedEntry[],
  { stream, shardId, isForeign, foreign }: ExpandInput,
  done: Checkpoint | undefined,
  into: RawStreamRecord[],
): void {
  const { sequenceNumber } = stored;
  // One for all of an aggregate: they arrived as one.
  const arrivedAt = new Date(stored.arrivedAt);
  for (const [subSequenceNumber, { partitionKey, explicitHashKey, headers, data }] of entries.entries()) {
    if (done !== undefined && compareCheckpoints({ sequenceNumber, subSequenceNumber }, done) <= 0) continue;
    const record: RawStreamRecord = {
      stream,
      shardId,
      sequenceNumber,
      subSequenceNumber,
      partitionKey,
      headers,
      arrivedAt,
      bytes: data,
      ...(explicitHashKey !== undefined && { explicitHashKey }),
    };
    if (isForeign(partitionKey, explicitHashKey)) foreign(record);
    else into.push(record);
  }
}
