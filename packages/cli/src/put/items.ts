import { MillraceError } from '@millrace/kinesis';
import type { OutgoingRecord } from '@millrace/kinesis/record';
import type { Clock } from '@millrace/kinesis/runtime';

import type { Line } from '../io/lines.ts';
import { keyTemplate, hashKeyTemplate, type KeyTemplate } from '../record/key-template.ts';
import { isRecordLine, parseRecordLine, toText } from '../record/record-line.ts';

/** One record to be put, and the input it came from. */
export interface Item {
  readonly line: Line;
  /** Made when first asked for. Throws `RECORD_INVALID` when the input holds no record. */
  readonly record: () => OutgoingRecord;
}

export interface ItemOptions {
  /** `--key`; undefined: random, or the record line's own. */
  readonly key: string | undefined;
  /** `--hash-key`. */
  readonly hashKey: string | undefined;
  readonly clock: Pick<Clock, 'random'>;
  /** Called when a record line has headers, which this command cannot send. */
  readonly onHeaders: () => void;
}

/** How lines become records. */
export interface ItemReader {
  /** The line itself is the record. */
  plain(line: Line): Item;
  /** The line is what `tail -o ndjson` writes. */
  recordLine(line: Line): Item;
}

/** Throws `OPTION_INVALID` for a key or hash key that cannot be used. */
export function createItemReader(options: ItemOptions): ItemReader {
  const key = options.key === undefined ? undefined : keyTemplate(options.key, options.clock);
  const random = keyTemplate('random', options.clock);
  const hashKey = options.hashKey === undefined ? undefined : hashKeyTemplate(options.hashKey);
  return {
    plain: (line) => ({
      line,
      record: once(() => {
        checkLength(line);
        const value = once(() => parseJson(line));
        return outgoing((key ?? random)(value), hashKey?.(value), line.bytes);
      }),
    }),
    recordLine: (line) => ({
      line,
      record: once(() => {
        checkLength(line);
        const parsed = parseRecordLine(toText(line.bytes) ?? '');
        if (parsed.hasHeaders) options.onHeaders();
        const value = (): unknown => parsed.value;
        const pick = (template: KeyTemplate | undefined, own: string | undefined): string | undefined =>
          template === undefined ? own : template(value);
        return outgoing(
          pick(key, parsed.partitionKey) ?? '',
          pick(hashKey, parsed.explicitHashKey),
          parsed.data,
        );
      }),
    }),
  };
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

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}
