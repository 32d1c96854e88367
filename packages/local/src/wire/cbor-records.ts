import type { GetRecordsOutput } from '../api/operations/get-records.ts';
import { storedBytes, type NumberedRecord, type RecordOutput } from '../api/record-output.ts';
import type { SubscribeToShardEvent } from '../api/shard-events.ts';
import type { LogRecord } from '../engine/shard-log.ts';
import { memberSpans } from '../engine/record-text.ts';
import { decodeBase64, decodedLength } from './base64.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeCbor } from './cbor.ts';

/** An answer to GetRecords, or an event of SubscribeToShard: written as bytes, from a template of what is the same in each record. */
export function encodeCborRecords(
  output: GetRecordsOutput<NumberedRecord | RecordOutput> &
    Pick<SubscribeToShardEvent, 'ContinuationSequenceNumber'>,
): Buffer {
  const { Records: records, ...others } = output;
  const rest = encodeCbor(others);
  const writer = new ByteWriter(4096 + records.length * 160 + storedBytes(records));
  // The map of the others has one member more; it has fewer than 24 and so a head of one byte.
  writer.bytes(Uint8Array.of((rest[0] ?? MAP) + 1));
  writer.bytes(recordsName);
  writeHead(writer, LIST, records.length);
  for (const one of records) {
    if (!('record' in one)) {
      writer.bytes(encodeCbor(one));
      continue;
    }
    const { record, numbers } = one;
    const { arrivedAt } = record;
    const at = writer.bytes(template);
    const { view } = writer;
    numbers.write(record.index, Math.floor(arrivedAt / 1000), view, at + numberAt);
    view.setBigUint64(at + timeAt, BigInt(Math.round(arrivedAt)));
    const hasKey = writePayload(writer, record);
    if (!hasKey) writer.buffer[at] = MAP + 3;
  }
  writer.bytes(rest.subarray(1));
  return writer.finish();
}

/** Answers whether the record has a partition key. */
function writePayload(writer: ByteWriter, record: LogRecord): boolean {
  const { raw } = record;
  const spans = record.isText ? memberSpans(raw) : undefined;
  if (spans !== undefined) {
    const { dataAt, dataEnd, keyAt, keyEnd } = spans;
    const length = decodedLength(raw, dataAt, dataEnd);
    writer.bytes(dataName);
    writeHead(writer, BYTES, length);
    const at = writer.room(length);
    decodeBase64(raw, dataAt, dataEnd, writer.buffer, at);
    return writeKey(writer, raw, keyAt, keyEnd);
  }
  const { partitionKey, data } = record.content();
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : data;
  writer.bytes(dataName);
  writeHead(writer, BYTES, bytes.length);
  writer.bytes(bytes);
  const key = Buffer.from(partitionKey);
  return writeKey(writer, key, 0, key.length);
}

/** Keys are short: to make a view of one costs more than to copy it. */
function writeKey(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  writer.bytes(keyName);
  writeHead(writer, TEXT, end - start);
  let to = writer.room(end - start);
  const { buffer } = writer;
  for (let at = start; at < end; at++) buffer[to++] = bytes[at] ?? 0;
  return true;
}

/** The kind of what follows, and how much of it. */
function writeHead(writer: ByteWriter, kind: number, size: number): void {
  const sizeBytes = size < 24 ? 0 : size < 0x1_00 ? 1 : size < 0x1_00_00 ? 2 : 4;
  const at = writer.room(1 + sizeBytes);
  const { buffer } = writer;
  buffer[at] = kind + (sizeBytes === 0 ? size : sizeBytes === 4 ? 26 : 23 + sizeBytes);
  for (let place = 1; place <= sizeBytes; place++) buffer[at + place] = size >>> (8 * (sizeBytes - place));
}

const BYTES = 0x40;
const TEXT = 0x60;
const LIST = 0x80;
const MAP = 0xa0;

const recordsName = textItem('Records');
const dataName = textItem('Data');
const keyName = textItem('PartitionKey');
const number = '0'.repeat(56);

/** Of a record with a key, up to its data; the time is an instant (tag 1) in eight bytes. */
const template = Buffer.concat([
  Buffer.of(MAP + 4),
  textItem('SequenceNumber'),
  textItem(number),
  textItem('ApproximateArrivalTimestamp'),
  Buffer.of(0xc1, 0x1b, 0, 0, 0, 0, 0, 0, 0, 0),
]);
const numberAt = template.indexOf(number);
const timeAt = template.length - 8;

/** A text of less than 256 characters, all ASCII. */
function textItem(text: string): Buffer {
  const head = text.length < 24 ? [TEXT + text.length] : [TEXT + 24, text.length];
  return Buffer.from(`${String.fromCharCode(...head)}${text}`, 'latin1');
}
