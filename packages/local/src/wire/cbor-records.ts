import type { GetRecordsOutput } from '../api/operations/get-records.ts';
import type { NumberedRecord, RecordOutput } from '../api/record-output.ts';
import type { SubscribeToShardEvent } from '../api/shard-events.ts';
import type { LogRecord } from '../engine/shard-log.ts';
import { ByteWriter } from './byte-writer.ts';
import { encodeCbor } from './cbor.ts';

/** An answer to GetRecords, or an event of SubscribeToShard: written as bytes, from a template of what is the same in each record. */
export function encodeCborRecords(
  output: GetRecordsOutput<NumberedRecord | RecordOutput> &
    Pick<SubscribeToShardEvent, 'ContinuationSequenceNumber'>,
): Buffer {
  const { Records: records, ...others } = output;
  const rest = encodeCbor(others);
  const writer = new ByteWriter(4096 + records.length * 256);
  // The map of the others has one member more; it has fewer than 24 and so a head of one byte.
  writer.bytes(Uint8Array.of((rest[0] ?? MAP) + 1));
  writeText(writer, 'Records');
  writeHead(writer, LIST, records.length);
  let template: Buffer | undefined;
  let arrivedAt = Number.NaN;
  for (const one of records) {
    if (!('record' in one)) {
      writer.bytes(encodeCbor(one));
      continue;
    }
    const { record, numbers } = one;
    if (template === undefined || record.arrivedAt !== arrivedAt) {
      ({ arrivedAt } = record);
      template = templateOf(arrivedAt);
    }
    const at = writer.bytes(template);
    numbers.write(record.index, Math.floor(arrivedAt / 1000), writer.view, at + numberAt);
    const hasKey = writePayload(writer, record);
    if (!hasKey) writer.buffer[at] = MAP + 3;
  }
  writer.bytes(rest.subarray(1));
  return writer.finish();
}

/** Answers whether the record has a partition key. */
function writePayload(writer: ByteWriter, record: LogRecord): boolean {
  const { partitionKey, data } = record.content();
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : data;
  writeText(writer, 'Data');
  writeHead(writer, BYTES, bytes.length);
  writer.bytes(bytes);
  if (partitionKey === '') return false;
  writeText(writer, 'PartitionKey');
  writeText(writer, partitionKey);
  return true;
}

const BYTES = 0x40;
const TEXT = 0x60;
const LIST = 0x80;
const MAP = 0xa0;

const nameOfNumber = 'SequenceNumber';
const number = '0'.repeat(56);
/** A map of four, the name, and the head of the number, whose length is a byte. */
const beforeNumber = Buffer.from(
  `${String.fromCharCode(MAP + 4, TEXT + nameOfNumber.length)}${nameOfNumber}${String.fromCharCode(TEXT + 24, number.length)}`,
  'latin1',
);
const numberAt = beforeNumber.length;

/** Of a record with a key, up to its data. */
function templateOf(arrivedAt: number): Buffer {
  const time = encodeCbor({ ApproximateArrivalTimestamp: arrivedAt }).subarray(1);
  return Buffer.concat([beforeNumber, Buffer.from(number), time]);
}

function writeText(writer: ByteWriter, value: string): void {
  writeHead(writer, TEXT, Buffer.byteLength(value));
  writer.text(value);
}

/** The kind of what follows, and how much of it. */
function writeHead(writer: ByteWriter, kind: number, size: number): void {
  if (size < 24) writer.bytes(Uint8Array.of(kind + size));
  else if (size < 0x1_00) writer.bytes(Uint8Array.of(kind + 24, size));
  else if (size < 0x1_00_00) writer.bytes(Uint8Array.of(kind + 25, size >> 8, size));
  else writer.bytes(Uint8Array.of(kind + 26, size >> 24, size >> 16, size >> 8, size));
}
