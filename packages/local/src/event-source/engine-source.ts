import type { Connection } from '@millrace/kinesis';

import { getRecords } from '../api/operations/get-records.ts';
import { getShardIterator } from '../api/operations/get-shard-iterator.ts';
import type { RecordOutput } from '../api/record-output.ts';
import type { Service } from '../api/service.ts';
import { iteratorInput } from '../connection-shapes.ts';
import { createConnectionSource, isConsumerArn, streamOfArn } from './connection-source.ts';
import { PollingFeed, type Poll } from './polling-feed.ts';
import type { ShardRecord } from './record.ts';
import { invalidParameter } from './lambda-error.ts';
import type { MappingSource } from './source.ts';

export interface EngineSourceOptions {
  readonly service: Service;
  readonly connection: Pick<Connection, 'reader' | 'fanOut'>;
  /** The stream's ARN, or a consumer's. */
  readonly eventSourceArn: string;
}

/**
 * A stream in this process: the same calls as over the wire, with their limits, faults and metrics, but records stay
 * the base64 text they were put as.
 */
export function createEngineSource(options: EngineSourceOptions): MappingSource {
  const { service, eventSourceArn } = options;
  const stream = streamOfArn(eventSourceArn);
  const { engine } = service;
  const now = (): number => engine.now;
  const source = createConnectionSource({ ...options, now });
  return {
    listShards: source.listShards,
    get retentionMs() {
      return (engine.find(stream)?.retentionHours ?? Number.POSITIVE_INFINITY) * 3_600_000;
    },
    open: (shardId, position) =>
      isConsumerArn(eventSourceArn)
        ? source.open(shardId, position)
        : new PollingFeed(pollOf(service, stream, shardId), position, now),
  };
}

/** Throws `LambdaError` unless the engine has the stream, or the consumer, of that ARN. */
export function checkEngineSource({ engine }: Service, arn: string): void {
  const stream = engine.find(streamOfArn(arn));
  const known = isConsumerArn(arn)
    ? [...(stream?.consumers.values() ?? [])].some((consumer) => consumer.arn === arn)
    : stream?.arn === arn;
  if (!known) throw invalidParameter(`${isConsumerArn(arn) ? 'Consumer' : 'Stream'} not found: ${arn}`);
}

function pollOf(service: Service, stream: string, shardId: string): Poll {
  const { engine } = service;
  return {
    async openIterator(position) {
      const input = { StreamName: stream, ShardId: shardId, ...iteratorInput(position) };
      const output = await service.run('GetShardIterator', getShardIterator, input);
      return output.ShardIterator;
    },
    async read(iterator, limit) {
      const output = await service.run('GetRecords', getRecords, { ShardIterator: iterator, Limit: limit });
      await engine.settled();
      return {
        records: output.Records.map(toShardRecord),
        behind: output.MillisBehindLatest > 0 || output.Records.length >= limit,
        ended: output.NextShardIterator === undefined,
        nextIterator: output.NextShardIterator,
      };
    },
    onArrival(listener) {
      const found = engine.find(stream);
      const shard = found === undefined ? undefined : engine.findShard(found, shardId);
      return shard?.onChange(listener) ?? { [Symbol.dispose]: () => {} };
    },
  };
}

function toShardRecord(record: RecordOutput): ShardRecord {
  const { Data: data } = record;
  return {
    sequenceNumber: record.SequenceNumber,
    partitionKey: record.PartitionKey ?? '',
    arrivedAt: record.ApproximateArrivalTimestamp,
    data:
      typeof data === 'string'
        ? data
        : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ...(record.EncryptionType === undefined ? {} : { encrypted: true }),
  };
}
