import type { StreamRecord } from '@millrace/kinesis/record';

import { colourOf, createPaint } from '../io/paint.ts';
import { visible } from '../io/visible.ts';
import { unpack } from '../read/unpack.ts';
import { formatRecordLine, toText } from '../record/record-line.ts';
import { shortShardId } from '../shards/shard-id.ts';

export type TailFormat = 'pretty' | 'ndjson' | 'raw' | 'keys';

/** Records as they are written, line ends included. */
export type FormatRecords = (records: readonly StreamRecord[]) => string | Uint8Array;

export function createFormat(
  format: TailFormat,
  options: { readonly colour: boolean; readonly verbose: boolean; readonly unpacked: boolean },
): FormatRecords {
  const write = createWriter(format, options);
  if (!options.unpacked) return write;
  return (records) => write(records.map((record) => ({ ...record, bytes: unpack(record.bytes) })));
}

function createWriter(
  format: TailFormat,
  options: { readonly colour: boolean; readonly verbose: boolean },
): FormatRecords {
  if (format === 'pretty') return createPretty(options);
  if (format === 'raw') return (records) => Buffer.concat(records.flatMap(({ bytes }) => [bytes, lineEnd]));
  if (format === 'keys') return (records) => records.map(({ partitionKey }) => `${partitionKey}\n`).join('');
  return (records) => records.map((record) => `${formatRecordLine(record)}\n`).join('');
}

const lineEnd = Uint8Array.of(0x0a);

/** For eyes: time, shard, key, value; what a terminal would obey is shown instead. */
function createPretty({
  colour,
  verbose,
}: {
  readonly colour: boolean;
  readonly verbose: boolean;
}): FormatRecords {
  const paint = createPaint(colour);
  const one = (record: StreamRecord): string => {
    const { shardId, arrivedAt, partitionKey, sequenceNumber, subSequenceNumber, bytes } = record;
    const shard = shortShardId(shardId);
    const place = verbose ? ` ${paint('dim', `${sequenceNumber}:${subSequenceNumber}`)}` : '';
    const time = paint('dim', clockTime(arrivedAt));
    const key = paint('bold', visible(partitionKey));
    return `${time} ${paint(colourOf(shardId), shard.padStart(3))}${place} ${key}  ${showBytes(bytes, verbose)}\n`;
  };
  return (records) => records.map(one).join('');
}

/** Local time of day, to the millisecond. */
function clockTime(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(11, 23);
}

/** More than a screen of one value would sweep away the others. */
const mostShown = 4096;

function showBytes(bytes: Uint8Array, whole: boolean): string {
  const text = toText(bytes);
  if (text !== undefined && (whole || text.length <= mostShown)) return visible(text);
  if (text !== undefined)
    return `${visible(text.slice(0, mostShown))}… (${bytes.length} bytes; -v shows all)`;
  const shown = Buffer.from(bytes.subarray(0, 32)).toString('hex');
  return `(${bytes.length} bytes) ${shown}${bytes.length > 32 ? '…' : ''}`;
}
