import { MillraceError } from '@millrace/kinesis';
import { isHashKey, type OutgoingRecord, type StreamRecord } from '@millrace/kinesis/record';

/** How the bytes of a record are written in a line. */
export type LineEncoding = 'json' | 'utf8' | 'base64';

/** A record read from a line. */
export interface LineRecord extends OutgoingRecord {
  readonly encoding: LineEncoding;
  /** Parsed, when the encoding is `json`. */
  readonly value?: unknown;
}

/**
 * A record as one line of JSON, version 1, without the line end. `value` holds the bytes exactly, in the most readable
 * way that gives them back: `json` only where writing the parsed value again gives the same text, else `utf8`, else
 * `base64`.
 *
 * @example
 * ```ts
 * formatRecordLine(record); // {"v":1,"stream":"orders",…,"encoding":"json","value":{"id":1}}
 * ```
 */
export function formatRecordLine(record: Omit<StreamRecord, 'value'>): string {
  const { sequenceNumber, subSequenceNumber, partitionKey, explicitHashKey, headers, arrivedAt } = record;
  const { encoding, json } = encodeBytes(record.bytes);
  // Written by hand: half the time of a tail goes here. Numbers of the service are digits and need no escaping.
  const hash = explicitHashKey === undefined ? '' : `,"explicitHashKey":${JSON.stringify(explicitHashKey)}`;
  const more = isEmpty(headers) ? '' : `,"headers":${JSON.stringify(headers)}`;
  return (
    `{"v":1,"stream":"${record.stream}","shardId":"${record.shardId}","sequenceNumber":"${sequenceNumber}",` +
    `"subSequenceNumber":${subSequenceNumber},"partitionKey":${JSON.stringify(partitionKey)}${hash},` +
    `"arrivalTime":"${arrivedAt.toISOString()}","encoding":"${encoding}","value":${json}${more}}`
  );
}

/** As every line of ours begins, those of lost records too. */
const beginning = '{"v":1,"stream":"';

/** Whether a line looks like one of ours, whole or torn, and not like somebody's JSON. */
export function isRecordLine(line: string): boolean {
  if (!line.trimStart().startsWith('{')) return false;
  try {
    const parsed: unknown = JSON.parse(line);
    return (
      field(parsed, 'v') === 1 &&
      typeof field(parsed, 'partitionKey') === 'string' &&
      isEncoding(field(parsed, 'encoding'))
    );
  } catch {
    // Were it none, the whole ones behind it would be put with all that is around their records.
    return line.startsWith(beginning);
  }
}

/** The record in a line that {@link formatRecordLine} wrote. Throws `RECORD_INVALID`. */
export function parseRecordLine(line: string): LineRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw invalid('line', 'not JSON', 'a JSON object on one line', cause);
  }
  const version = field(parsed, 'v');
  if (version !== 1) throw invalid('v', show(version), '1');
  const partitionKey = field(parsed, 'partitionKey');
  if (typeof partitionKey !== 'string') throw invalid('partitionKey', show(partitionKey), 'a string');
  const explicitHashKey = field(parsed, 'explicitHashKey');
  const encoding = field(parsed, 'encoding');
  if (!isEncoding(encoding)) throw invalid('encoding', show(encoding), 'json, utf8 or base64');
  const value = field(parsed, 'value');
  const headers = parseHeaders(field(parsed, 'headers'));
  return {
    partitionKey,
    data: decodeValue(encoding, value),
    encoding,
    ...(encoding === 'json' && { value }),
    ...(explicitHashKey !== undefined && { explicitHashKey: checkHashKey(explicitHashKey) }),
    ...(headers !== undefined && { headers }),
  };
}

const encoder = new TextEncoder();
// A byte order mark is a part of the record like any other.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `bytes` as text, or undefined when they are not UTF-8. */
export function toText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function encodeBytes(bytes: Uint8Array): { readonly encoding: LineEncoding; readonly json: string } {
  const text = toText(bytes);
  if (text === undefined) {
    return {
      encoding: 'base64',
      json: `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`,
    };
  }
  return isCanonicalJson(text)
    ? { encoding: 'json', json: text }
    : { encoding: 'utf8', json: JSON.stringify(text) };
}

function isEmpty(headers: Readonly<Record<string, string>>): boolean {
  for (const name in headers) if (Object.hasOwn(headers, name)) return false;
  return true;
}

/** Whether reading and writing `text` as JSON gives it back: not so with spaces, 1.0, large integers or repeated names. */
function isCanonicalJson(text: string): boolean {
  // Most text that is no JSON can be told by its first character, and an exception for each record is dear.
  if (!/^[[{"\-\dtfn]/.test(text)) return false;
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

function decodeValue(encoding: LineEncoding, value: unknown): Uint8Array {
  if (encoding === 'json') {
    if (value === undefined) throw invalid('value', 'missing', 'a JSON value');
    return encoder.encode(JSON.stringify(value));
  }
  if (typeof value !== 'string') throw invalid('value', show(value), 'a string');
  if (encoding === 'utf8') {
    if (/\p{Surrogate}/u.test(value))
      throw invalid('value', 'text with half a character', 'well-formed text');
    return encoder.encode(value);
  }
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value)
    throw invalid('value', 'not base64', 'standard base64 with padding');
  return bytes;
}

function parseHeaders(headers: unknown): Record<string, string> | undefined {
  if (headers === undefined) return undefined;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw invalid('headers', show(headers), 'an object of texts');
  }
  const entries = Object.entries(headers).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'string') throw invalid('headers', show(headers), 'an object of texts');
    return [name, value] as const;
  });
  // A record with headers needs the KPL's format; one with none must not be put in it.
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function checkHashKey(hashKey: unknown): string {
  if (typeof hashKey === 'string' && isHashKey(hashKey)) return hashKey;
  throw invalid('explicitHashKey', show(hashKey), 'a decimal string from 0 to 2^128 − 1');
}

function isEncoding(value: unknown): value is LineEncoding {
  return value === 'json' || value === 'utf8' || value === 'base64';
}

function invalid(path: string, got: string, allowed: string, cause?: unknown): MillraceError {
  const what = path === 'line' ? 'The line' : `The record line's ${path}`;
  return new MillraceError('RECORD_INVALID', `${what} is ${got}.`, {
    advice: `Give ${allowed}; or pass --in lines to send lines as they are.`,
    path,
    allowed,
    cause,
  });
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
