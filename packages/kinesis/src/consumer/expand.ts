import { readAggregate } from '../codec/decode-aggregate.ts';
import { noHeaders, type IsForeign } from '../codec/index.ts';
import { compareCheckpoints, type Checkpoint } from '../lease/index.ts';
import type { Draft, RawStreamRecord } from '../process/index.ts';
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
): Generator<readonly Draft[]> {
  let chunk: Draft[] = [];
  let done: Checkpoint | undefined = input.done;
  for (const stored of records) {
    if (done !== undefined && !mayCover(done, stored)) done = undefined;
    const opened = openAggregate(stored, input);
    if (opened !== undefined) select(opened, input, done, chunk);
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
): Draft {
  return {
    stream,
    shardId,
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey,
    headers: noHeaders,
    arrivedAt: new Date(arrivedAt),
    bytes: data,
    value: undefined,
  };
}

/** Undefined for a plain record. */
function openAggregate(
  { sequenceNumber, data, arrivedAt: at }: StoredRecord,
  { stream, shardId }: ExpandInput,
): readonly Draft[] | undefined {
  // One for all of an aggregate: they arrived as one.
  const arrivedAt = new Date(at);
  return readAggregate(data, (partitionKey, explicitHashKey, bytes, headers, subSequenceNumber): Draft => {
    const record: Draft = {
      stream,
      shardId,
      sequenceNumber,
      subSequenceNumber,
      partitionKey,
      headers,
      arrivedAt,
      bytes,
      value: undefined,
    };
    return explicitHashKey === undefined ? record : { ...record, explicitHashKey };
  });
}

/** Adds those that are this shard's and not done yet. */
function select(
  opened: readonly Draft[],
  { isForeign, foreign }: ExpandInput,
  done: Checkpoint | undefined,
  into: Draft[],
): void {
  for (const record of opened) {
    const { partitionKey, explicitHashKey, sequenceNumber, subSequenceNumber } = record;
    if (done !== undefined && compareCheckpoints({ sequenceNumber, subSequenceNumber }, done) <= 0) continue;
    if (isForeign(partitionKey, explicitHashKey)) foreign(record);
    else into.push(record);
  }
}
