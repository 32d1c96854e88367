import { decodeLostRecord, isMillraceError, type LostDocument } from '@millrace/kinesis';
import { isSequenceNumber, type SequenceNumber, type StoredRecord } from '@millrace/kinesis/record';
import { streamOfArn } from '@millrace/kinesis/lambda';
import { memberOf } from '@millrace/kinesis/runtime';
import type { WindowPart } from '@millrace/local/event-source';

import { whatHappened } from '../errors/report-error.ts';
import { overflowIn, type Overflow } from './overflow.ts';

/** A batch that Lambda gave up, as its failure document tells. */
export interface BatchLetter {
  readonly kind: 'batch';
  /** `RetryAttemptsExhausted` or `RecordAgeExceeded`. */
  readonly condition: string;
  readonly invokeCount: number;
  readonly functionArn: string;
  readonly requestId: string;
  /** ISO 8601. */
  readonly failedAt: string;
  readonly functionError: string | undefined;
  readonly streamArn: string;
  readonly stream: string;
  readonly shardId: string;
  readonly from: SequenceNumber;
  readonly to: SequenceNumber;
  /** Milliseconds since the epoch. */
  readonly firstArrival: number;
  readonly batchSize: number;
  /** The records themselves, where they came with it: only to a bucket. */
  readonly payload: readonly StoredRecord[] | undefined;
  /** The tumbling window it was of, where the event came with it: only to a bucket. */
  readonly window: WindowPart | undefined;
}

/** Whether it is a tumbling window's last invocation that failed: of records that were all handled. */
export function isWindowEnd({ batchSize, window }: BatchLetter): boolean {
  return batchSize === 0 || window?.isFinalInvokeForWindow === true;
}

/** A record that a handler, consumer or producer of Millrace put aside. */
export interface RecordLetter {
  readonly kind: 'record';
  readonly document: LostDocument;
  /** The object it was fetched from, when it was too large for its queue. */
  readonly overflow?: Overflow;
}

/** Something else, or what lies elsewhere as long as it is not fetched. */
export interface UnreadableLetter {
  readonly kind: 'unreadable';
  readonly problem: string;
  readonly overflow?: Overflow;
}

export type Letter = BatchLetter | RecordLetter | UnreadableLetter;

/** As deep as messages are wrapped: a document in a topic's message in a queue's, or in a function's event. */
const deepest = 4;

/**
 * What is in a message, object or file: failure documents as queues, topics and buckets get them, a topic's envelope
 * around them, and what Millrace put aside. Never throws.
 */
export function readLetters(text: string): readonly Letter[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [unreadable('it is not JSON')];
  }
  return unwrap(parsed, text, 0);
}

function unwrap(value: unknown, text: string, depth: number): readonly Letter[] {
  if (depth > deepest) return [unreadable('it is wrapped too often')];
  const message = memberOf(value, 'Message');
  if (typeof message === 'string') return inner(message, depth);
  const records = memberOf(value, 'Records');
  if (Array.isArray(records) && records.length > 0) {
    return records.flatMap((record: unknown) => {
      const sns = memberOf(memberOf(record, 'Sns'), 'Message');
      const body = typeof sns === 'string' ? sns : memberOf(record, 'body');
      return typeof body === 'string' ? inner(body, depth) : [unreadable('it is an event of another kind')];
    });
  }
  if (memberOf(value, 'KinesisBatchInfo') !== undefined) return [readBatch(value)];
  const overflow = overflowIn(value);
  if (overflow !== undefined) return [{ ...unreadable('its record lies in a bucket'), overflow }];
  if (memberOf(value, 'v') === 1) return [readLost(text)];
  return [unreadable('it is neither a failure document of Lambda nor a lost record')];
}

function inner(text: string, depth: number): readonly Letter[] {
  try {
    return unwrap(JSON.parse(text), text, depth + 1);
  } catch {
    return [unreadable('the message in it is not JSON')];
  }
}

function readLost(text: string): Letter {
  try {
    return { kind: 'record', document: decodeLostRecord(text) };
  } catch (error) {
    return unreadable(isMillraceError(error) ? whatHappened(error) : String(error));
  }
}

function readBatch(document: unknown): Letter {
  const info = memberOf(document, 'KinesisBatchInfo');
  const request = memberOf(document, 'requestContext');
  const streamArn = textOf(info, 'streamArn');
  const from = textOf(info, 'startSequenceNumber');
  const to = textOf(info, 'endSequenceNumber');
  const shardId = textOf(info, 'shardId');
  const firstArrival = Date.parse(textOf(info, 'approximateArrivalOfFirstRecord'));
  const stream = streamOfArn(streamArn);
  if (stream === '') return unreadable('its streamArn is none');
  if (!isSequenceNumber(from) || !isSequenceNumber(to)) return unreadable('its sequence numbers are none');
  if (shardId === '') return unreadable('it has no shardId');
  if (Number.isNaN(firstArrival)) return unreadable('its approximateArrivalOfFirstRecord is no time');
  const functionError = memberOf(memberOf(document, 'responseContext'), 'functionError');
  const event = readPayload(memberOf(document, 'payload'));
  return {
    kind: 'batch',
    condition: textOf(request, 'condition'),
    invokeCount: countOf(request, 'approximateInvokeCount'),
    functionArn: textOf(request, 'functionArn'),
    requestId: textOf(request, 'requestId'),
    failedAt: textOf(document, 'timestamp'),
    functionError: typeof functionError === 'string' ? functionError : undefined,
    streamArn,
    stream,
    shardId,
    from,
    to,
    firstArrival,
    batchSize: countOf(info, 'batchSize'),
    payload: recordsIn(event),
    window: windowIn(event),
  };
}

/** The event as AWS writes it, JSON in a string; others write the object. */
function readPayload(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function windowIn(event: unknown): WindowPart | undefined {
  const window = memberOf(event, 'window');
  const [start, end] = [textOf(window, 'start'), textOf(window, 'end')];
  if (start === '' || end === '') return undefined;
  return {
    window: { start, end },
    state: memberOf(event, 'state'),
    shardId: textOf(event, 'shardId'),
    eventSourceARN: textOf(event, 'eventSourceARN'),
    isFinalInvokeForWindow: memberOf(event, 'isFinalInvokeForWindow') === true,
    isWindowTerminatedEarly: memberOf(event, 'isWindowTerminatedEarly') === true,
  };
}

function recordsIn(event: unknown): readonly StoredRecord[] | undefined {
  const records = memberOf(event, 'Records');
  if (!Array.isArray(records)) return undefined;
  const stored: StoredRecord[] = [];
  for (const record of records) {
    const kinesis = memberOf(record, 'kinesis');
    const sequenceNumber = textOf(kinesis, 'sequenceNumber');
    const data = memberOf(kinesis, 'data');
    const arrivedAt = memberOf(kinesis, 'approximateArrivalTimestamp');
    if (!isSequenceNumber(sequenceNumber) || typeof data !== 'string' || typeof arrivedAt !== 'number') {
      return undefined;
    }
    stored.push({
      sequenceNumber,
      partitionKey: textOf(kinesis, 'partitionKey'),
      data: Buffer.from(data, 'base64'),
      arrivedAt: Math.round(arrivedAt * 1000),
    });
  }
  return stored;
}

function textOf(value: unknown, name: string): string {
  const text = memberOf(value, name);
  return typeof text === 'string' ? text : '';
}

function countOf(value: unknown, name: string): number {
  const count = memberOf(value, name);
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

function unreadable(problem: string): UnreadableLetter {
  return { kind: 'unreadable', problem };
}
