import { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import type { Duration } from '../runtime/duration.ts';
import { Delivery } from './delivery.ts';
import { encodeLostRecord } from './lost-document.ts';
import type { LostRecordSink } from './lost-record.ts';

/** The part of a connection that is used. */
export interface LostRecordStream {
  readonly writer: {
    write(
      stream: string,
      entries: readonly OutgoingRecord[],
      options: { readonly signal?: AbortSignal },
    ): Promise<
      readonly (
        | { readonly ok: true }
        | { readonly ok: false; readonly code: string; readonly message: string }
      )[]
    >;
  };
}

export interface StreamSinkOptions {
  /** How long one record is tried for. @defaultValue `'1m'` */
  readonly deadline?: Duration;
  /** Time and chance; a manual one in tests. @defaultValue the system's */
  readonly clock?: Clock;
}

/**
 * Puts each lost record into another stream, as the document that `decodeLostRecord` reads, under the record's own
 * partition key. Throttles and failures in passing are retried until `deadline`. A document is a third larger than its
 * record: for records near the stream's limit raise that of the other stream, or take `lostToS3`.
 *
 * @example
 * ```ts
 * const connection = connect();
 * const consumer = createConsumer(orders, connection, {
 *   group: 'billing',
 *   from: 'oldest',
 *   onFailure: deadLetter(lostToStream(connection, 'orders-dead')),
 * });
 * ```
 */
export function lostToStream(
  { writer }: LostRecordStream,
  stream: string,
  { deadline, clock = systemClock }: StreamSinkOptions = {},
): LostRecordSink {
  const delivery = new Delivery({ clock, ...(deadline !== undefined && { deadline }) });
  const encoder = new TextEncoder();
  return (lost) => {
    const data = encoder.encode(encodeLostRecord(lost, new Date(clock.now())));
    const entry = { partitionKey: lost.record.partitionKey, data };
    return delivery.run(async (signal) => {
      const [outcome] = await writer.write(stream, [entry], { signal });
      if (outcome?.ok !== true) throw refused(stream, outcome);
    });
  };
}

function refused(
  stream: string,
  outcome: { readonly code: string; readonly message: string } | undefined,
): MillraceError {
  const { code = 'InternalFailure', message = 'no reason was given' } = outcome ?? {};
  return new MillraceError('SERVICE_FAILED', `${stream} did not take a lost record: ${code}: ${message}`, {
    advice: 'Add shards to that stream, or keep lost records elsewhere.',
    retryable: /Throttl|ThroughputExceeded|LimitExceeded|InternalFailure|Unavailable/.test(code),
    stream,
    service: code,
  });
}
