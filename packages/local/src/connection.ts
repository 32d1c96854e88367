import type { Connection } from '@millrace/kinesis';
import type { RecordWriter } from '@millrace/kinesis/producer';
import type { Shard } from '@millrace/kinesis/shard';
import type { ShardReader } from '@millrace/kinesis/source';

import { getRecords } from './api/operations/get-records.ts';
import { getShardIterator } from './api/operations/get-shard-iterator.ts';
import { listShards } from './api/operations/list-shards.ts';
import { describeStreamSummary } from './api/operations/describe-stream.ts';
import { putRecords } from './api/operations/put-records.ts';
import type { Service } from './api/service.ts';
import { call } from './connection-call.ts';
import { createFanOut } from './connection-fan-out.ts';
import type { LeaseStores } from './lease-stores.ts';
import { iteratorInput, toChild, toOutcome, toShard, toStored } from './connection-shapes.ts';

/** The ports straight on the engine: same validation, limits and faults as over the wire, leases in memory. */
export function createConnection(service: Service, stores: LeaseStores): Required<Connection> {
  return {
    writer: createWriter(service),
    reader: createReader(service),
    fanOut: createFanOut(service),
    leases: (group) => stores.of(group),
    async close() {
      // The engine outlives its connection: it belongs to whoever made it.
    },
  };
}

function createWriter(service: Service): RecordWriter {
  return {
    async write(stream, entries, { signal }) {
      const input = {
        StreamName: stream,
        Records: entries.map((entry) => ({
          // Copied: the caller may use its buffer again.
          Data: new Uint8Array(entry.data),
          ...(entry.partitionKey === '' ? {} : { PartitionKey: entry.partitionKey }),
          ...(entry.explicitHashKey === undefined ? {} : { ExplicitHashKey: entry.explicitHashKey }),
        })),
      };
      const output = await call(service, signal, { operation: 'PutRecords', stream }, () =>
        service.run('PutRecords', putRecords, input),
      );
      return output.Records.map(toOutcome);
    },
  };
}

function createReader(service: Service): ShardReader {
  return {
    async describeStream(stream, { signal } = {}) {
      const output = await call(service, signal, { operation: 'DescribeStreamSummary', stream }, () =>
        service.run('DescribeStreamSummary', describeStreamSummary, { StreamName: stream }),
      );
      const { StreamARN: arn, StreamCreationTimestamp: createdAt } = output.StreamDescriptionSummary;
      return { arn, createdAt, maxRecordBytes: output.StreamDescriptionSummary.MaxRecordSizeInKiB * 1024 };
    },
    async listShards(stream, { signal } = {}) {
      const shards: Shard[] = [];
      let input: object = { StreamName: stream };
      for (;;) {
        const request = input;
        const page = await call(service, signal, { operation: 'ListShards', stream }, () =>
          service.run('ListShards', listShards, request),
        );
        shards.push(...page.Shards.map(toShard));
        if (page.NextToken === undefined) return shards;
        input = { NextToken: page.NextToken };
      }
    },
    async openIterator(stream, shardId, position, { signal } = {}) {
      const input = { StreamName: stream, ShardId: shardId, ...iteratorInput(position) };
      const output = await call(service, signal, { operation: 'GetShardIterator', stream, shardId }, () =>
        service.run('GetShardIterator', getShardIterator, input),
      );
      return output.ShardIterator;
    },
    async read(iterator, { stream, limit, signal }) {
      const output = await call(service, signal, { operation: 'GetRecords', stream }, () =>
        service.run('GetRecords', getRecords, { ShardIterator: iterator, Limit: limit }),
      );
      const { NextShardIterator: next, ChildShards: children } = output;
      return {
        records: output.Records.map(toStored),
        millisBehindLatest: output.MillisBehindLatest,
        ...(next === undefined ? {} : { nextIterator: next }),
        ...(children === undefined ? {} : { childShards: children.map(toChild) }),
      };
    },
  };
}
