import { isAscii } from 'node:buffer';

import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { FanOutEvent } from '../source/fan-out.ts';
import type { ReadResult } from '../source/shard-reader.ts';
import { needed, toChild } from './kinesis-shapes.ts';
import { hasRecords, readAnswer } from './read-answer.ts';

/** The answer, or the event of a subscription, as AWS JSON 1.1 has it. */
interface Answer {
  readonly Records: readonly {
    readonly SequenceNumber?: string;
    readonly PartitionKey?: string | null;
    /** Base64. */
    readonly Data?: string;
    /** Seconds. */
    readonly ApproximateArrivalTimestamp?: number;
  }[];
  /** Of an answer. */
  readonly NextShardIterator?: string | null;
  /** Of an event. */
  readonly ContinuationSequenceNumber?: string | null;
  readonly MillisBehindLatest?: number;
  readonly ChildShards?: readonly Parameters<typeof toChild>[0][] | null;
}

/** What a good answer says. Throws `SERVICE_FAILED` when it cannot be read. */
export function readGetRecords(body: Buffer): ReadResult {
  return readAnswer(textOf(body), {
    to: 'GetRecords',
    as: (answer) => (isAnswer(answer) ? toResult(answer) : undefined),
    advice: 'It is asked again; if that goes on, look at what listens at the endpoint.',
  });
}

/** What an event of SubscribeToShard says. Throws `SERVICE_FAILED` when it cannot be read. */
export function readSubscriptionEvent(body: Buffer): FanOutEvent {
  return readAnswer(textOf(body), {
    to: 'SubscribeToShard',
    as: (event) => (isAnswer(event) ? toEvent(event) : undefined),
    advice: 'The shard is subscribed to again; if that goes on, look at what listens at the endpoint.',
  });
}

/** Nearly all of an answer is base64, and where keys are ASCII, too, there is nothing to decode. */
function textOf(body: Buffer): string {
  return isAscii(body) ? body.toString('latin1') : body.toString();
}

function isAnswer(answer: unknown): answer is Answer {
  return hasRecords(answer);
}

function toResult({ NextShardIterator: next, ...answer }: Answer): ReadResult {
  return { ...toPage(answer), ...(typeof next === 'string' && { nextIterator: next }) };
}

function toEvent({ ContinuationSequenceNumber: continuation, ...event }: Answer): FanOutEvent {
  return {
    ...toPage(event),
    ...(typeof continuation === 'string' && { continuation: toSequenceNumber(continuation) }),
  };
}

function toPage({
  Records,
  MillisBehindLatest,
  ChildShards,
}: Answer): Pick<ReadResult & FanOutEvent, 'records' | 'millisBehindLatest' | 'childShards'> {
  return {
    records: Records.map(toRecord),
    millisBehindLatest: MillisBehindLatest ?? 0,
    ...(ChildShards !== undefined && ChildShards !== null && { childShards: ChildShards.map(toChild) }),
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
