import type { Connection } from '@millrace/kinesis';
import type { LeaseStore } from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import type { RecordWriter, WriteOutcome } from '@millrace/kinesis/producer';
import { toSequenceNumber, type Position, type StoredRecord } from '@millrace/kinesis/record';
import { aborted } from '@millrace/kinesis/runtime';
import type { ChildShard, Shard } from '@millrace/kinesis/shard';
import type { ShardReader } from '@millrace/kinesis/source';

import { getRecords } from './api/operations/get-records.ts';
import { getShardIterator } from './api/operations/get-shard-iterator.ts';
import { listShards } from './api/operations/list-shards.ts';
import { putRecords, type PutRecordsEntry } from './api/operations/put-records.ts';
import type { RecordOutput } from './api/record-output.ts';
import type { Service } from './api/service.ts';
import type { ChildShardOutput, HashKeyRangeOutput, ShardOutput } from './api/shard-output.ts';
import { toMillraceError } from './connection-error.ts';

/** The ports straight on the engine: same validation, limits and faults as over the wire, leases in memory. */
export function createConnection(service: Service): Connection {
  const stores = new Map<string, LeaseStore>();
  return {
    writer: createWriter(service),
    reader: createReader(service),
    leases(group) {
      const store = stores.get(group) ?? createMemoryLeaseStore();
      stores.set(group, store);
      return store;
    },
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
          PartitionKey: entry.partitionKey,
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

async function call<T>(
  service: Service,
  signal: AbortSignal | undefined,
  context: Parameters<typeof toMillraceError>[1],
  run: () => T | Promise<T>,
): Promise<T> {
  if (signal?.aborted === true) throw aborted(signal);
  try {
    const output = await run();
    await service.engine.settled();
    return output;
  } catch (error) {
    throw toMillraceError(error, context);
  }
}

function iteratorInput(position: Position): object {
  if (position.type === 'oldest') return { ShardIteratorType: 'TRIM_HORIZON' };
  if (position.type === 'now') return { ShardIteratorType: 'LATEST' };
  if (position.type === 'time') return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: position.at / 1000 };
  return {
    ShardIteratorType: position.type === 'at' ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER',
    StartingSequenceNumber: position.sequenceNumber,
  };
}

function toOutcome(entry: PutRecordsEntry): WriteOutcome {
  if ('ErrorCode' in entry) return { ok: false, code: entry.ErrorCode, message: entry.ErrorMessage };
  return { ok: true, shardId: entry.ShardId, sequenceNumber: toSequenceNumber(entry.SequenceNumber) };
}

function toStored(record: RecordOutput): StoredRecord {
  const { Data: data } = record;
  return {
    sequenceNumber: toSequenceNumber(record.SequenceNumber),
    partitionKey: record.PartitionKey ?? '',
    // Copied: what one reader does to it is no business of the next.
    data: typeof data === 'string' ? new Uint8Array(Buffer.from(data, 'base64')) : new Uint8Array(data),
    arrivedAt: record.ApproximateArrivalTimestamp,
  };
}

function toShard(shard: ShardOutput): Shard {
  const ending = shard.SequenceNumberRange.EndingSequenceNumber;
  return {
    shardId: shard.ShardId,
    hashRange: toRange(shard.HashKeyRange),
    startingSequenceNumber: toSequenceNumber(shard.SequenceNumberRange.StartingSequenceNumber),
    ...(shard.ParentShardId === undefined ? {} : { parentShardId: shard.ParentShardId }),
    ...(shard.AdjacentParentShardId === undefined
      ? {}
      : { adjacentParentShardId: shard.AdjacentParentShardId }),
    ...(ending === undefined ? {} : { endingSequenceNumber: toSequenceNumber(ending) }),
  };
}

function toChild(child: ChildShardOutput): ChildShard {
  return {
    shardId: child.ShardId,
    parentShardIds: child.ParentShards,
    hashRange: toRange(child.HashKeyRange),
  };
}

function toRange(range: HashKeyRangeOutput): { readonly start: bigint; readonly end: bigint } {
  return { start: BigInt(range.StartingHashKey), end: BigInt(range.EndingHashKey) };
}
