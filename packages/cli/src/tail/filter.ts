import type { StreamRecord } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';

/** Whether a record is wanted. */
export type RecordFilter = (record: StreamRecord) => boolean;

/** Throws `OPTION_INVALID` for a pattern that is no regular expression. */
export function createFilter(keys: readonly string[], grep: string | undefined): RecordFilter {
  const wanted = new Set(keys);
  const pattern = grep === undefined ? undefined : parsePattern(grep);
  const decoder = new TextDecoder();
  return ({ partitionKey, bytes }) => {
    if (wanted.size > 0 && !wanted.has(partitionKey)) return false;
    return pattern === undefined || pattern.test(decoder.decode(bytes));
  };
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw optionError('--grep', text, `a JavaScript regular expression (${reason})`);
  }
}
