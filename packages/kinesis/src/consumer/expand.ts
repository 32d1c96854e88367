import { expandRecord, type UserRecord } from '../codec/index.ts';
import { compareCheckpoints, type Checkpoint, type Lease } from '../lease/index.ts';
import type { RawStreamRecord } from '../process/index.ts';
import type { StoredRecord } from '../record/record.ts';

export interface ExpandInput {
  readonly stream: string;
  readonly lease: Pick<Lease, 'shardId' | 'hashRange'>;
  /** Everything up to here is handled already. */
  readonly done: Checkpoint;
  /** Hears of each record that belongs to another shard. */
  readonly foreign: (record: UserRecord) => void;
}

/** User records handed on together: an answer full of aggregates holds a million, which need not be objects all at once. */
const chunkRecords = 10_000;

/**
 * The user records of a batch that are this shard's and not handled yet, in order, in pieces of ten thousand and some. What
 * the checkpoint covers can only stand at the beginning; later records are not compared.
 */
export function* expandBatch(
  records: readonly StoredRecord[],
  input: ExpandInput,
): Generator<readonly RawStreamRecord[]> {
  let chunk: RawStreamRecord[] = [];
  let done: Checkpoint | undefined = input.done;
  for (const stored of records) {
    if (done !== undefined && !mayCover(done, stored)) done = undefined;
    expand(stored, input, done, chunk);
    if (chunk.length >= chunkRecords) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Whether the checkpoint may cover some of this stored record. */
function mayCover(done: Checkpoint, { sequenceNumber }: StoredRecord): boolean {
  return compareCheckpoints({ sequenceNumber, subSequenceNumber: 0 }, done) <= 0;
}

function expand(
  stored: StoredRecord,
  { stream, lease, foreign }: ExpandInput,
  done: Checkpoint | undefined,
  into: RawStreamRecord[],
): void {
  const { shardId, hashRange } = lease;
  // One for all of an aggregate: they arrived as one.
  const arrivedAt = new Date(stored.arrivedAt);
  for (const user of expandRecord(stored, hashRange === undefined ? {} : { range: hashRange })) {
    if (done !== undefined && compareCheckpoints(user, done) <= 0) continue;
    if (user.foreign) {
      foreign(user);
      continue;
    }
    const { sequenceNumber, subSequenceNumber, partitionKey, explicitHashKey, headers, data: bytes } = user;
    const place = { stream, shardId, sequenceNumber, subSequenceNumber, partitionKey };
    into.push(
      explicitHashKey === undefined
        ? { ...place, headers, arrivedAt, bytes }
        : { ...place, explicitHashKey, headers, arrivedAt, bytes },
    );
  }
}
