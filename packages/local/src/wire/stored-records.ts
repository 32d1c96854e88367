import type { GetRecordsOutput } from '../api/operations/get-records.ts';
import type { StoredAll, StoredEntries, StoredEntry } from '../api/operations/put-records.ts';
import { storedBytes, type NumberedRecord, type RecordOutput } from '../api/record-output.ts';
import type { SubscribeToShardEvent } from '../api/shard-events.ts';
import type { StoredColumns } from '../engine/stream-writer.ts';
import { splitRecordBinary } from '../engine/record-text.ts';
import { PutOutcome } from '../engine/stream-writer.ts';
import { shardIdOf } from '../engine/shard.ts';
import type { BufferPool } from './buffer-pool.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeRecord } from './json-records.ts';
import { encodePayload, encodeTimestamp } from './json.ts';

/** The two answers that carry many records are written as bytes, from a template of what is the same in each. */
/** Written into a buffer of `buffers`, where there are such. */
export function encodePutRecords(output: StoredEntries | StoredAll, buffers?: BufferPool): Buffer {
  const count = 'columns' in output ? output.columns.ordinals.length : output.records.length;
  const failed = 'columns' in output ? 0 : output.failed;
  const writer = new ByteWriter(64 + count * 128, buffers);
  writer.text(`{"FailedRecordCount":${failed},"Records":`);
  const begin = writer.length;
  if ('columns' in output) writeNumbers(writer, output.columns);
  else for (const entry of output.records) writer.text(`,${JSON.stringify(toEntry(entry))}`);
  openList(writer, begin);
  const { EncryptionType: encryption } = output;
  writer.text(encryption === undefined ? ']}' : `],"EncryptionType":"${encryption}"}`);
  return writer.finish();
}

/** An answer to GetRecords, or an event of SubscribeToShard. */
export function encodeRecords(
  output: GetRecordsOutput<NumberedRecord | RecordOutput> &
    Pick<SubscribeToShardEvent, 'ContinuationSequenceNumber'>,
): Buffer {
  const { Records: records } = output;
  const writer = new ByteWriter(4096 + records.length * 200 + Math.ceil(storedBytes(records) * 1.34));
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
    numbers.write(record.index, second, writer.view, at + numberAt);
    if (record.isText) writer.bytes(record.raw);
    else writer.text(membersOf(record.raw));
    writer.text('}');
  }
  openList(writer, begin);
  writer.text(`],"MillisBehindLatest":${output.MillisBehindLatest}`);
  for (const place of ['NextShardIterator', 'ContinuationSequenceNumber'] as const)
    if (output[place] !== undefined) writer.text(`,"${place}":"${output[place]}"`);
  if (output.ChildShards !== undefined) writer.text(`,"ChildShards":${JSON.stringify(output.ChildShards)}`);
  writer.text('}');
  return writer.finish();
}

/** All of the same length: the answer is filled with the first and what differs is written over it. */
function writeNumbers(writer: ByteWriter, { shards, ordinals, bases, seconds }: StoredColumns): void {
  const template = Buffer.from(`${numberTemplate}","ShardId":"${shardIdOf(0)}"}`);
  const lastDigitAt = template.length - 3;
  let at = writer.repeat(template, ordinals.length);
  const { buffer, view } = writer;
  const nexts = bases.slice();
  for (let record = 0; record < ordinals.length; record++, at += template.length) {
    const ordinal = ordinals[record] ?? 0;
    const shard = shards[ordinal];
    if (shard === undefined) continue;
    const index = nexts[ordinal] ?? 0;
    nexts[ordinal] = index + 1;
    shard.numbers.write(index, seconds[ordinal] ?? 0, view, at + numberAt);
    let digit = at + lastDigitAt;
    for (let rest = shard.index; rest > 0; rest = Math.floor(rest / 10)) buffer[digit--] = 0x30 + (rest % 10);
  }
}

function toEntry(entry: StoredEntry): object {
  if (!(entry instanceof PutOutcome)) return entry;
  return { SequenceNumber: entry.sequenceNumber, ShardId: entry.shardId };
}

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
