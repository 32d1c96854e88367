import { rawStream } from '@millrace/kinesis';
import { createProducer, type RecordWriter } from '@millrace/kinesis/producer';
import { hashKeyOf, type OutgoingRecord, type StreamRecord } from '@millrace/kinesis/record';
import { isMillraceError } from '@millrace/kinesis';
import type { Clock } from '@millrace/kinesis/runtime';
import { contains, type Shard } from '@millrace/kinesis/shard';

import type { Pace } from '../put/rate.ts';
import type { Destination } from './destination.ts';

export interface StreamDestinationOptions {
  readonly stream: string;
  readonly writer: RecordWriter;
  readonly clock: Clock;
  readonly pace: Pace | undefined;
  readonly aggregate: boolean;
  readonly maxRecordBytes: number;
}

/** Puts records into a stream as they were put into their own: bytes, headers, partition and explicit hash keys, order of each key. */
export function createStreamDestination(options: StreamDestinationOptions): Destination {
  const { stream, writer, clock, pace, aggregate, maxRecordBytes } = options;
  const producer = createProducer(
    rawStream(stream),
    { writer },
    {
      ordering: 'key',
      aggregation: aggregate ? 'key' : 'none',
      maxRecordBytes,
      clock,
    },
  );
  return {
    async write(records, shard, signal, commit) {
      const { delivered } = await producer.putMany(admitted(records, shard, pace, signal));
      commit(delivered);
    },
    // What the service has acknowledged needs nothing more.
    settle: async (look) => ({ seen: look() }),
    async close() {
      await producer.close();
    },
  };
}

/** Those that are let go before `signal` fires, each when it is its time. */
async function* admitted(
  records: readonly StreamRecord[],
  shard: Shard,
  pace: Pace | undefined,
  signal: AbortSignal,
): AsyncGenerator<OutgoingRecord, void, undefined> {
  for (const record of records) {
    try {
      await pace?.(signal);
    } catch (error) {
      if (isMillraceError(error, 'ABORTED')) return;
      throw error;
    }
    if (signal.aborted) return;
    yield toOutgoing(record, shard);
  }
}

/**
 * The record as it was put. Kinesis gives a plain record's explicit hash key back to nobody; but one whose key hashes
 * into another shard had one, and the beginning of its shard's range puts it where it lay.
 */
export function toOutgoing(record: StreamRecord, { hashRange }: Shard): OutgoingRecord {
  const { partitionKey, explicitHashKey, headers, bytes } = record;
  const strayed = explicitHashKey === undefined && !contains(hashRange, hashKeyOf(partitionKey));
  const hashKey = strayed ? String(hashRange.start) : explicitHashKey;
  return {
    partitionKey,
    data: bytes,
    ...(hashKey !== undefined && { explicitHashKey: hashKey }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}
