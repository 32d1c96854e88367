import { isMillraceError } from '@millrace/kinesis';
import { compareSequenceNumbers, type StoredRecord } from '@millrace/kinesis/record';

import type { Kinesis } from '../aws/kinesis.ts';
import { isWindowEnd, type BatchLetter } from './letter.ts';

/** The records of a batch that Lambda gave up. */
export interface BatchRecords {
  readonly records: readonly StoredRecord[];
  /** Where they were had from. */
  readonly source: 'payload' | 'stream';
  /** Why these are not the records of the batch, or not all. */
  readonly problem: string | undefined;
}

/** Those that came with the letter, or what the stream still has between its first and its last. */
export async function batchRecords(
  kinesis: () => Promise<Kinesis>,
  letter: BatchLetter,
  signal: AbortSignal,
): Promise<BatchRecords> {
  if (letter.payload !== undefined) return { records: letter.payload, source: 'payload', problem: undefined };
  if (isWindowEnd(letter)) return { records: [], source: 'stream', problem: stateGone };
  try {
    const records = await readRange(await kinesis(), letter, signal);
    return { records, source: 'stream', problem: problemOf(records.length, letter.batchSize) };
  } catch (error) {
    if (!isMillraceError(error, 'STREAM_NOT_FOUND')) throw error;
    return { records: [], source: 'stream', problem: 'the stream or the shard is gone' };
  }
}

/** Between its first record and its last there is nothing that failed. */
const stateGone =
  'the end of a tumbling window: its records are all handled, and its state is in no document but a bucket’s';

function problemOf(found: number, batchSize: number): string | undefined {
  if (found === batchSize) return undefined;
  if (found === 0) return 'expired: the stream does not have them any more';
  if (found < batchSize)
    return `partly expired: ${found} of ${batchSize} are left, which millrace dlq show writes`;
  // Filters and parallel lanes pass over records of the same stretch.
  return `ambiguous: the stretch holds ${found} records, ${batchSize} of which were in the batch`;
}

async function readRange(
  { connection: { reader } }: Kinesis,
  { stream, shardId, from, to }: BatchLetter,
  signal: AbortSignal,
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  let iterator: string | undefined = await reader.openIterator(
    stream,
    shardId,
    { type: 'at', sequenceNumber: from },
    { signal },
  );
  while (iterator !== undefined && !signal.aborted) {
    const answer: Awaited<ReturnType<typeof reader.read>> = await reader.read(iterator, {
      stream,
      limit: 10_000,
      signal,
    });
    for (const record of answer.records) {
      if (compareSequenceNumbers(record.sequenceNumber, to) > 0) return records;
      // A shard that has lost its beginning answers with what comes next.
      if (compareSequenceNumbers(record.sequenceNumber, from) >= 0) records.push(record);
    }
    const last = answer.records.at(-1);
    if (last !== undefined && compareSequenceNumbers(last.sequenceNumber, to) >= 0) return records;
    if (answer.records.length === 0 && answer.millisBehindLatest === 0) return records;
    iterator = answer.nextIterator;
  }
  return records;
}
