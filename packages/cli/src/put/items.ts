import { isMillraceError, MillraceError } from '@millrace/kinesis';
import type { OutgoingRecord } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';

import type { Line } from '../io/lines.ts';
import { keyTemplate, hashKeyTemplate } from '../record/key-template.ts';
import { isRecordLine, parseRecordLine, toText } from '../record/record-line.ts';

/** One record to be put, and the input it came from. */
export interface Item {
  readonly line: Line;
  /** The record, or why the line holds none. */
  readonly outcome: OutgoingRecord | MillraceError;
}

export interface ItemOptions {
  /** `--key`; undefined: random, or the record line's own. */
  readonly key: string | undefined;
  /** `--hash-key`. */
  readonly hashKey: string | undefined;
  readonly clock: Pick<Clock, 'random'>;
}

/** How lines become records. */
export interface ItemReader {
  /** The line itself is the record. */
  readonly plain: (line: Line) => Item;
  /** The line is what `tail -o ndjson` writes. */
  readonly recordLine: (line: Line) => Item;
}

/** Throws `OPTION_INVALID` for a key or hash key that cannot be used. */
export function createItemReader(options: ItemOptions): ItemReader {
  const given = options.key === undefined ? undefined : keyTemplate(options.key, options.clock);
  const key = given ?? keyTemplate('random', options.clock);
  const hashKey = options.hashKey === undefined ? undefined : hashKeyTemplate(options.hashKey);
  const looksInside = key.looksInside || hashKey?.looksInside === true;

  const readPlain = (line: Line): OutgoingRecord => {
    checkLength(line);
    const value = looksInside ? parseJson(line) : undefined;
    return outgoing(key.keyOf(value), hashKey?.keyOf(value), line.bytes);
  };
  const readRecordLine = (line: Line): OutgoingRecord => {
    checkLength(line);
    const { partitionKey, explicitHashKey, data, value, headers } = parseRecordLine(toText(line.bytes) ?? '');
    const record = outgoing(
      given?.keyOf(value) ?? partitionKey,
      hashKey?.keyOf(value) ?? explicitHashKey,
      data,
    );
    return headers === undefined ? record : { ...record, headers };
  };
  return {
    plain: (line) => ({ line, outcome: attempt(readPlain, line) }),
    recordLine: (line) => ({ line, outcome: attempt(readRecordLine, line) }),
  };
}

/** The record of an item; throws why there is none. */
export function recordOf({ outcome }: Item): OutgoingRecord {
  if (isMillraceError(outcome)) throw outcome;
  return outcome;
}

/** Whether the input consists of record lines, judged by its first. */
export function looksLikeRecordLine(line: Line): boolean {
  return isRecordLine(toText(line.bytes) ?? '');
}

function outgoing(
  partitionKey: string,
  explicitHashKey: string | undefined,
  data: Uint8Array,
): OutgoingRecord {
  return explicitHashKey === undefined ? { partitionKey, data } : { partitionKey, explicitHashKey, data };
}

function checkLength(line: Line): void {
  if (line.tooLong !== true) return;
  throw new MillraceError('RECORD_INVALID', `The line is longer than ${line.bytes.length} bytes.`, {
    advice: 'A record holds 10 MiB at most. If the input is no text, pass --in raw.',
    path: 'data',
  });
}

function parseJson(line: Line): unknown {
  try {
    return JSON.parse(toText(line.bytes) ?? '');
  } catch (cause) {
    throw new MillraceError('RECORD_INVALID', 'The line is not JSON, so no key can be taken from it.', {
      advice: 'Mend the line, or give a --key that does not look into it.',
      path: 'partitionKey',
      cause,
    });
  }
}

function attempt(read: (line: Line) => OutgoingRecord, line: Line): OutgoingRecord | MillraceError {
  try {
    return read(line);
  } catch (error) {
    if (isMillraceError(error)) return error;
    throw error;
  }
}
