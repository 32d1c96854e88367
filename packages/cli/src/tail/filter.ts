import type { StreamRecord } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';

import { unpack } from '../read/unpack.ts';
import { toText } from '../record/record-line.ts';
import { parseWhere, type Where } from '../where/parse-where.ts';

/** Whether a record is wanted. */
export type RecordFilter = (record: StreamRecord) => boolean;

export interface FilterOptions {
  /** Any of these partition keys; none: all. */
  readonly keys: readonly string[];
  /** Matches the text of the value. */
  readonly grep: string | undefined;
  /** An expression over the record. */
  readonly where: string | undefined;
}

/** Looks at the value unpacked. Throws `OPTION_INVALID` for a pattern or an expression that cannot be read. */
export function createFilter({ keys, grep, where }: FilterOptions): RecordFilter {
  const wanted = new Set(keys);
  const pattern = grep === undefined ? undefined : parsePattern(grep);
  const asked = where === undefined ? undefined : parseWhere(where);
  const decoder = new TextDecoder();
  return (record) => {
    if (wanted.size > 0 && !wanted.has(record.partitionKey)) return false;
    if (pattern !== undefined && !pattern.test(decoder.decode(unpack(record.bytes)))) return false;
    return asked === undefined || holds(asked, record);
  };
}

function holds(where: Where, record: StreamRecord): boolean {
  const { partitionKey: key, headers, shardId: shard, sequenceNumber: sequence, arrivedAt, bytes } = record;
  const value = toValue(unpack(bytes));
  return where({ value, key, headers, shard, sequence, arrived: arrivedAt.getTime(), size: bytes.length });
}

function toValue(bytes: Uint8Array): unknown {
  const text = toText(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw optionError('--grep', text, `a JavaScript regular expression (${reason})`);
  }
}
