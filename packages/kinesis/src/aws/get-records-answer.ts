import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { FanOutEvent } from '../source/fan-out.ts';
import type { ReadResult } from '../source/shard-reader.ts';
import { answerText, type AnswerText } from './answer-text.ts';
import { needed, toChild } from './kinesis-shapes.ts';
import { hasRecords, readAnswer, type AnswerOf } from './read-answer.ts';

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

/** Of what it is when it cannot be read. */
export const getRecordsAnswer: AnswerOf = {
  to: 'GetRecords',
  advice: 'It is asked again; if that goes on, look at what listens at the endpoint.',
};

/** What a good answer says. Throws `SERVICE_FAILED` when it cannot be read. */
export function readGetRecords(body: Buffer): ReadResult {
  const { text, bytesOf } = answerText(body);
  return readAnswer(text, {
    ...getRecordsAnswer,
    as: (answer) => (isAnswer(answer) ? toResult(answer, bytesOf) : undefined),
  });
}

/** What an event of SubscribeToShard says. Throws `SERVICE_FAILED` when it cannot be read. */
export function readSubscriptionEvent(body: Buffer): FanOutEvent {
  const { text, bytesOf } = answerText(body);
  return readAnswer(text, {
    to: 'SubscribeToShard',
    as: (event) => (isAnswer(event) ? toEvent(event, bytesOf) : undefined),
    advice: 'The shard is subscribed to again; if that goes on, look at what listens at the endpoint.',
  });
}

type BytesOf = AnswerText['bytesOf'];

function isAnswer(answer: unknown): answer is Answer {
  return hasRecords(answer);
}

function toResult({ NextShardIterator: next, ...answer }: Answer, bytesOf: BytesOf): ReadResult {
  return { ...toPage(answer, bytesOf), ...(typeof next === 'string' && { nextIterator: next }) };
}

function toEvent(
  { ContinuationSequenceNumber: continuation, ...event }: Answer,
  bytesOf: BytesOf,
): FanOutEvent {
  return {
    ...toPage(event, bytesOf),
    ...(typeof continuation === 'string' && { continuation: toSequenceNumber(continuation) }),
  };
}

function toPage(
  { Records, MillisBehindLatest, ChildShards }: Answer,
  bytesOf: BytesOf,
): Pick<ReadResult & FanOutEvent, 'records' | 'millisBehindLatest' | 'childShards'> {
  return {
    records: Records.map((record) => toRecord(record, bytesOf)),
    millisBehindLatest: MillisBehindLatest ?? 0,
    ...(ChildShards !== undefined && ChildShards !== null && { childShards: ChildShards.map(toChild) }),
  };
}

function toRecord(
  { SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp }: Answer['Records'][number],
  bytesOf: BytesOf,
): StoredRecord {
  return {
    sequenceNumber: toSequenceNumber(needed(SequenceNumber, 'SequenceNumber')),
    partitionKey: PartitionKey ?? '',
    data: bytesOf(needed(Data, 'Data')),
    arrivedAt: Math.round((ApproximateArrivalTimestamp ?? 0) * 1000),
  };
}
