import type { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';

/** A record that could not be delivered, and why. */
export interface LostRecord {
  readonly stream: string;
  readonly record: OutgoingRecord;
  readonly error: MillraceError;
}

/** Keeps a lost record somewhere it can be put from again; resolves when it is safe there. */
export type LostRecordSink = (lost: LostRecord) => Promise<void>;

/** One line of JSON: the original bytes, where they should have gone, and the reason. `millrace put --in ndjson` reads it. */
export function lostRecordLine({ stream, record, error }: LostRecord, at: Date): string {
  const { partitionKey, explicitHashKey, headers, data } = record;
  return JSON.stringify({
    v: 1,
    stream,
    partitionKey,
    ...(explicitHashKey !== undefined && { explicitHashKey }),
    ...(headers !== undefined && { headers }),
    encoding: 'base64',
    value: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    error: { code: error.code, message: error.message },
    lostAt: at.toISOString(),
  });
}
