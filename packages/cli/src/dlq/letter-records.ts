import { MAX_HASH_KEY, toSequenceNumber, type StreamRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';
import type { WindowPart } from '@millrace/local/event-source';

import type { Kinesis } from '../aws/kinesis.ts';
import { toStreamRecords } from '../read/stream-records.ts';
import { batchRecords, type BatchRecords } from './batch-records.ts';
import type { Letter } from './letter.ts';

/** What a letter comes to: records that can be handled or put again, or why not. */
export interface LetterRecords {
  readonly stream: string;
  readonly shard: Shard;
  readonly records: readonly StreamRecord[];
  /** As they are stored, aggregates closed; undefined for a record that was put aside alone. */
  readonly stored: BatchRecords['records'] | undefined;
  /** ARN of the stream, where it is told. */
  readonly streamArn?: string;
  /** The tumbling window that the records, or its end without any, are of. */
  readonly window?: WindowPart | undefined;
  readonly source: 'payload' | 'stream';
  readonly problem: string | undefined;
}

export async function letterRecords(
  kinesis: () => Promise<Kinesis>,
  letter: Letter,
  signal: AbortSignal,
): Promise<LetterRecords> {
  if (letter.kind === 'unreadable') {
    const shard = wholeShard('');
    return { stream: '', shard, records: [], stored: undefined, source: 'payload', problem: letter.problem };
  }
  if (letter.kind === 'record') {
    const { stream, record, position, lostAt } = letter.document;
    const shard = wholeShard(position?.shardId ?? '');
    const { partitionKey, explicitHashKey, headers = {}, data } = record;
    const one: StreamRecord = {
      stream,
      shardId: shard.shardId,
      sequenceNumber: position?.sequenceNumber ?? toSequenceNumber('0'),
      subSequenceNumber: position?.subSequenceNumber ?? 0,
      partitionKey,
      ...(explicitHashKey !== undefined && { explicitHashKey }),
      headers,
      arrivedAt: position?.arrivedAt ?? lostAt,
      value: data,
      bytes: data,
    };
    return { stream, shard, records: [one], stored: undefined, source: 'payload', problem: undefined };
  }
  const { records: stored, source, problem } = await batchRecords(kinesis, letter, signal);
  const { stream, streamArn, shardId, window } = letter;
  const shard = wholeShard(shardId);
  const records = toStreamRecords(stream, shard, stored);
  return { stream, streamArn, shard, records, stored, window, source, problem };
}

/** A shard of which only the name is known: any key may be its own. */
function wholeShard(shardId: string): Shard {
  const hashRange = { start: 0n, end: MAX_HASH_KEY };
  return { shardId, hashRange, startingSequenceNumber: toSequenceNumber('0') };
}
