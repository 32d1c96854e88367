import type { ChildShard as ServiceChildShard } from '@aws-sdk/client-kinesis';

import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { ReadResult } from '../source/shard-reader.ts';
import { AnswerBody } from './answer-body.ts';
import { BYTES, CborReader, LIST, MAP } from './cbor-reader.ts';
import { getRecordsAnswer } from './get-records-answer.ts';
import { needed, toChild } from './kinesis-shapes.ts';
import { readWith } from './read-answer.ts';

/**
 * What a good answer to GetRecords in AWS CBOR 1.1 says. The body is the reader's from here on: when nothing of it is needed any
 * more, its room is another's. Throws `SERVICE_FAILED` when it cannot be read.
 */
export function readCborGetRecords(body: Buffer): ReadResult {
  return readWith(() => readResult(new CborReader(body)), getRecordsAnswer);
}

function readResult(reader: CborReader): ReadResult | undefined {
  const body = new AnswerBody(reader.bytes);
  let found: Pick<ReadResult, 'records' | 'bytes'> | undefined;
  const rest: Record<string, unknown> = Object.create(null);
  for (let left = reader.head(MAP); reader.more(left); left--) {
    const name = reader.name();
    if (name === 'Records') found = readRecords(reader, body);
    else if (otherMembers.has(name)) rest[name] = reader.value();
    else reader.skip();
  }
  body.letGo();
  if (reader.failed || found === undefined) return undefined;
  const { NextShardIterator: next, MillisBehindLatest: behind, ChildShards: children } = rest;
  return {
    ...found,
    millisBehindLatest: typeof behind === 'number' ? behind : 0,
    ...(typeof next === 'string' && { nextIterator: next }),
    ...(Array.isArray(children) && {
      childShards: children.map((child: ServiceChildShard) => toChild(child)),
    }),
  };
}

const otherMembers: ReadonlySet<string> = new Set(['NextShardIterator', 'MillisBehindLatest', 'ChildShards']);

function readRecords(reader: CborReader, body: AnswerBody): Pick<ReadResult, 'records' | 'bytes'> {
  const records: StoredRecord[] = [];
  let keyBytes = 0;
  for (let left = reader.head(LIST); reader.more(left); left--) {
    const record = readRecord(reader, body);
    if (record === undefined) break;
    records.push(record);
    keyBytes += record.partitionKey.length;
  }
  return { records, bytes: keyBytes + body.dataBytes };
}

/** Undefined when the reader has failed. */
function readRecord(reader: CborReader, body: AnswerBody): StoredRecord | undefined {
  let number: string | undefined;
  let partitionKey = '';
  let found: ReturnType<AnswerBody['data']> | undefined;
  let arrivedAt = 0;
  for (let left = reader.head(MAP); reader.more(left); left--) {
    const name = reader.name();
    if (reader.null()) continue;
    if (name === 'SequenceNumber') number = reader.text();
    else if (name === 'PartitionKey') partitionKey = reader.text();
    else if (name === 'Data') found = readData(reader, body);
    else if (name === 'ApproximateArrivalTimestamp') arrivedAt = readTime(reader);
    else reader.skip();
  }
  if (reader.failed) return undefined;
  const sequenceNumber = toSequenceNumber(needed(number, 'SequenceNumber'));
  const data = needed(found, 'Data');
  if (typeof data !== 'function') return { sequenceNumber, partitionKey, data, arrivedAt };
  return {
    sequenceNumber,
    partitionKey,
    arrivedAt,
    get data() {
      return data();
    },
  };
}

function readData(reader: CborReader, body: AnswerBody): ReturnType<AnswerBody['data']> {
  // Some that play the service send the base64 of JSON here, too.
  if (reader.kind !== BYTES) return body.copied(new Uint8Array(Buffer.from(reader.text(), 'base64')));
  const length = reader.head(BYTES);
  if (length === Number.POSITIVE_INFINITY) return body.copied(new Uint8Array(reader.pieces(BYTES)));
  return body.data(reader.take(length), length);
}

/** No time in milliseconds is as small since 1973, and none in seconds will be as large before 5138. */
const leastMillis = 100_000_000_000;

/** Milliseconds; some that play the service send the seconds of JSON here, too. */
function readTime(reader: CborReader): number {
  const time = reader.number();
  return Math.round(time < leastMillis ? time * 1000 : time);
}
