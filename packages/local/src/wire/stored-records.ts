import type { GetRecordsOutput, NumberedRecord } from '../api/operations/get-records.ts';
import type { StoredEntries, StoredEntry } from '../api/operations/put-records.ts';
import type { RecordOutput } from '../api/record-output.ts';
import { splitRecordBinary } from '../engine/record-text.ts';
import { PutOutcome } from '../engine/stream-writer.ts';
import { shardIdOf } from '../engine/shard.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeRecord } from './json-records.ts';
import { encodePayload, encodeTimestamp } from './json.ts';

/** The two answers that carry many records are written as bytes, from a template of what is the same in each. */
export function encodePutRecords({ failed, records, EncryptionType: encryption }: StoredEntries): Buffer {
  const writer = new ByteWriter(64 + records.length * 128);
  writer.text(`{"FailedRecordCount":${failed},"Records":`);
  const begin = writer.length;
  if (failed === 0) writeNumbers(writer, records);
  else for (const entry of records) writer.text(`,${JSON.stringify(toEntry(entry))}`);
  openList(writer, begin);
  writer.text(encryption === undefined ? ']}' : `],"EncryptionType":"${encryption}"}`);
  return writer.finish();
}

export function encodeGetRecords(output: GetRecordsOutput<NumberedRecord | RecordOutput>): Buffer {
  const { Records: records } = output;
  const writer = new ByteWriter(4096 + records.length * 320);
  writer.text('{"Records":');
  const begin = writer.length;
  let arrivedAt = Number.NaN;
  let second = 0;
  let template: Buffer | undefined;
  for (const one of records) {
    if (!('record' in one)) {
      writer.text(`,${encodeRecord(one)}`);
      continue;
    }
    const { record, numbers } = one;
    if (template === undefined || record.arrivedAt !== arrivedAt) {
      ({ arrivedAt } = record);
      second = Math.floor(arrivedAt / 1000);
      const timestamp = encodeTimestamp(arrivedAt);
      template = Buffer.from(`${numberTemplate}","ApproximateArrivalTimestamp":${timestamp},`);
    }
    const at = writer.bytes(template);
    numbers.write(record.index, second, writer.buffer, at + numberAt);
    if (record.isText) writer.bytes(record.raw);
    else writer.text(membersOf(record.raw));
    writer.text('}');
  }
  openList(writer, begin);
  writer.text(`],"MillisBehindLatest":${output.MillisBehindLatest}`);
  if (output.NextShardIterator !== undefined) {
    writer.text(`,"NextShardIterator":"${output.NextShardIterator}"`);
  }
  if (output.ChildShards !== undefined) writer.text(`,"ChildShards":${JSON.stringify(output.ChildShards)}`);
  writer.text('}');
  return writer.finish();
}

/** All of the same length: the answer is filled with the first and what differs is written over it. */
function writeNumbers(writer: ByteWriter, records: readonly StoredEntry[]): void {
  const template = Buffer.from(`${numberTemplate}","ShardId":"${shardIdOf(0)}"}`);
  const shardDigitsAt = template.length - 2 - SHARD_DIGITS;
  const begin = writer.repeat(template, records.length);
  const { buffer } = writer;
  let at = begin;
  for (const entry of records) {
    if (!(entry instanceof PutOutcome)) throw new Error('unreachable: none failed');
    const { shard } = entry;
    shard.numbers.write(entry.index ?? 0, entry.second, buffer, at + numberAt);
    let digit = at + shardDigitsAt + SHARD_DIGITS - 1;
    for (let rest = shard.index; rest > 0; rest = Math.floor(rest / 10)) buffer[digit--] = 0x30 + (rest % 10);
    at += template.length;
  }
}

function toEntry(entry: StoredEntry): object {
  if (!(entry instanceof PutOutcome)) return entry;
  return { SequenceNumber: entry.sequenceNumber, ShardId: entry.shardId };
}

const SHARD_DIGITS = 12;
const numberTemplate = `,{"SequenceNumber":"${'0'.repeat(56)}`;
const numberAt = numberTemplate.length - 56;

/** Every item was written with a comma before it: the first one's becomes the bracket. */
function openList(writer: ByteWriter, begin: number): void {
  if (writer.length === begin) writer.text('[');
  else writer.buffer[begin] = 0x5b;
}

function membersOf(raw: Uint8Array): string {
  const { keyText, data } = splitRecordBinary(raw);
  const key = keyText === '""' ? '' : `,"PartitionKey":${keyText}`;
  return `"Data":"${encodePayload(data)}"${key}`;
}
