import { MillraceError } from '../errors.ts';
import { isHashKey } from '../record/hash-key.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { isSequenceNumber } from '../record/sequence-number.ts';
import { isObject } from '../runtime/unknown-value.ts';
import type { LostPosition, LostRecord } from './lost-record.ts';

/** A lost record as a sink keeps it. */
export interface LostDocument {
  readonly stream: string;
  /** As it was put, or would have been: it can be put again. */
  readonly record: OutgoingRecord;
  /** Where it stands in the stream; absent for a record that was never stored. */
  readonly position?: LostPosition;
  /** Why it was lost. */
  readonly error: { readonly code: string; readonly message: string; readonly attempts?: number };
  readonly lostAt: Date;
}

/**
 * One line of JSON, version 1, plain ASCII so that it passes wherever text does: the original bytes in Base64, where they
 * should have gone or stand, and the reason. `millrace put --in ndjson` and {@link decodeLostRecord} read it.
 */
export function encodeLostRecord({ stream, record, error, position }: LostRecord, at: Date): string {
  const { partitionKey, explicitHashKey, headers, data } = record;
  const { attempts } = error.details;
  const text = JSON.stringify({
    v: 1,
    stream,
    partitionKey,
    ...(explicitHashKey !== undefined && { explicitHashKey }),
    ...(headers !== undefined && { headers }),
    encoding: 'base64',
    value: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ...(position !== undefined && { position: { ...position, arrivedAt: position.arrivedAt.toISOString() } }),
    error: { code: error.code, message: error.message, ...(attempts !== undefined && { attempts }) },
    lostAt: at.toISOString(),
  });
  return text.replaceAll(
    /[\u007F-\uFFFF]/g,
    (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The lost record in a document that a sink kept, ready to be put again. Throws `RECORD_INVALID` with the place of what
 * is wrong.
 *
 * @example
 * ```ts
 * const { stream, record } = decodeLostRecord(message.Body ?? '');
 * await createProducer(rawStream(stream), connect()).put(record);
 * ```
 */
export function decodeLostRecord(document: string): LostDocument {
  const fields = new Fields(parse(document), '');
  if (fields.get('v') !== 1) throw invalid('v', fields.get('v'), '1');
  const explicitHashKey = fields.textOrNone('explicitHashKey');
  if (explicitHashKey !== undefined && !isHashKey(explicitHashKey)) {
    throw invalid('explicitHashKey', explicitHashKey, 'a decimal integer below 2^128');
  }
  if (fields.get('encoding') !== 'base64') throw invalid('encoding', fields.get('encoding'), 'base64');
  const headers = fields.fieldsOrNone('headers')?.texts();
  const position = fields.fieldsOrNone('position');
  const error = fields.fieldsOrNone('error') ?? new Fields({}, 'error');
  const attempts = error.countOrNone('attempts');
  return {
    stream: fields.text('stream'),
    record: {
      partitionKey: fields.text('partitionKey'),
      ...(explicitHashKey !== undefined && { explicitHashKey }),
      ...(headers !== undefined && { headers }),
      data: fields.bytes('value'),
    },
    ...(position !== undefined && { position: positionIn(position) }),
    error: {
      code: error.text('code'),
      message: error.text('message'),
      ...(attempts !== undefined && { attempts }),
    },
    lostAt: fields.date('lostAt'),
  };
}

function positionIn(fields: Fields): LostPosition {
  const parkedBehind = fields.fieldsOrNone('parkedBehind');
  return {
    ...placeIn(fields),
    shardId: fields.text('shardId'),
    arrivedAt: fields.date('arrivedAt'),
    attempts: fields.count('attempts'),
    ...(parkedBehind !== undefined && { parkedBehind: placeIn(parkedBehind) }),
  };
}

function placeIn(fields: Fields): Pick<LostPosition, 'sequenceNumber' | 'subSequenceNumber'> {
  const sequenceNumber = fields.text('sequenceNumber');
  if (!isSequenceNumber(sequenceNumber))
    throw invalid(fields.path('sequenceNumber'), sequenceNumber, 'digits');
  return { sequenceNumber, subSequenceNumber: fields.count('subSequenceNumber') };
}

function parse(document: string): object {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch (cause) {
    throw invalid('document', document.slice(0, 40), 'one JSON object', cause);
  }
  if (!isObject(value)) throw invalid('document', value, 'one JSON object');
  return value;
}

/** The members of an object from outside, each taken as what it must be. */
class Fields {
  readonly #object: object;
  readonly #path: string;

  constructor(object: object, path: string) {
    this.#object = object;
    this.#path = path;
  }

  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? Reflect.get(this.#object, name) : undefined;
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value === 'string') return value;
    throw invalid(this.path(name), value, 'a string');
  }

  textOrNone(name: string): string | undefined {
    return this.get(name) === undefined ? undefined : this.text(name);
  }

  count(name: string): number {
    const value = this.get(name);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw invalid(this.path(name), value, 'an integer of at least 0');
  }

  countOrNone(name: string): number | undefined {
    return this.get(name) === undefined ? undefined : this.count(name);
  }

  date(name: string): Date {
    const date = new Date(this.text(name));
    if (Number.isNaN(date.getTime())) throw invalid(this.path(name), this.get(name), 'an ISO 8601 time');
    return date;
  }

  bytes(name: string): Uint8Array {
    const text = this.text(name);
    const bytes = Buffer.from(text, 'base64');
    // Node reads what it can and stops at what it cannot: then something would be missing.
    if (bytes.toString('base64') !== text) throw invalid(this.path(name), text.slice(0, 40), 'Base64');
    return Uint8Array.from(bytes);
  }

  fieldsOrNone(name: string): Fields | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, this.path(name));
    throw invalid(this.path(name), value, 'an object');
  }

  texts(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.keys(this.#object).map((name) => [name, this.text(name)]));
  }
}

function invalid(path: string, got: unknown, allowed: string, cause?: unknown): MillraceError {
  return new MillraceError('RECORD_INVALID', `This is not a lost record: its ${path} is wrong.`, {
    advice: `Give a document that a sink of lost records wrote: ${path} is ${allowed}.`,
    path,
    got,
    allowed,
    cause,
  });
}
