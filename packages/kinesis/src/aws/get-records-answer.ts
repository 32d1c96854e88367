import { isAscii } from 'node:buffer';

import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { ReadResult } from '../source/shard-reader.ts';
import { needed, toChild } from './kinesis-shapes.ts';
import { hasRecords, readAnswer } from './read-answer.ts';

/** The answer as AWS JSON 1.1 has it. */
interface Answer {
  readonly Records: readonly {
    readonly SequenceNumber?: string;
    readonly PartitionKey?: string | null;
    /** Base64. */
    readonly Data?: string;
    /** Seconds. */
    readonly ApproximateArrivalTimestamp?: number;
  }[];
  readonly NextShardIterator?: string | null;
  readonly MillisBehindLatest?: number;
  readonly ChildShards?: readonly Parameters<typeof toChild>[0][];
}

/** What a good answer says. Throws `SERVICE_FAILED` when it cannot be read. */
export function readGetRecords(body: Buffer): ReadResult {
  return readAnswer(textOf(body), {
    to: 'GetRecords',
    as: (answer) => (isAnswer(answer) ? toResult(answer) : undefined),
    advice: 'It is asked again; if that goes on, look at what listens at the endpoint.',
  });
}

/** Nearly all of an answer is base64, and where keys are ASCII, too, there is nothing to decode. */
function textOf(body: Buffer): string {
  return isAscii(body) ? body.toString('latin1') : body.toString();
}

function isAnswer(answer: unknown): answer is Answer {
  return hasRecords(answer);
}

function toResult({ Records, NextShardIterator, MillisBehindLatest, ChildShards }: Answer): ReadResult {
  return {
    records: Records.map(toRecord),
    millisBehindLatest: MillisBehindLatest ?? 0,
    ...(typeof NextShardIterator === 'string' && { nextIterator: NextShardIterator }),
    ...(ChildShards !== undefined && { childShards: ChildShards.map(toChild) }),
  };
}

function toRecord({
  SequenceNumber,
  PartitionKey,
  Data,
  ApproximateArrivalTimestamp,
}: Answer['Records'][number]): StoredRecord {
  const data = Buffer.from(needed(Data, 'Data'), 'base64');
  return {
    sequenceNumber: toSequenceNumber(needed(SequenceNumber, 'SequenceNumber')),
    partitionKey: PartitionKey ?? '',
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    arrivedAt: Math.round((ApproximateArrivalTimestamp ?? 0) * 1000),
  };
}
