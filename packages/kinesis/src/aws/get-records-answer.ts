import type { StoredRecord } from '../record/record.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { ChildShard } from '../shard/shard.ts';
import type { ReadResult } from '../source/shard-reader.ts';
import { CborReader } from './cbor-reader.ts';
import { needed } from './kinesis-shapes.ts';

/** What GetRecords answered in AWS CBOR 1.1. The records' data are views of `bytes`. Throws for what is no such answer. */
export function decodeGetRecords(bytes: Buffer): ReadResult {
  const reader = new CborReader(bytes);
  const records: StoredRecord[] = [];
  let nextIterator: string | undefined;
  let millisBehindLatest = 0;
  let childShards: ChildShard[] | undefined;
  reader.map((name) => {
    if (name === 'Records') reader.array(() => void records.push(readRecord(reader)));
    else if (name === 'NextShardIterator') nextIterator = reader.textOrNull();
    else if (name === 'MillisBehindLatest') millisBehindLatest = reader.number();
    else if (name === 'ChildShards') {
      const children: ChildShard[] = [];
      reader.array(() => void children.push(readChild(reader)));
      if (children.length > 0) childShards = children;
    } else reader.skip();
  });
  return {
    records,
    millisBehindLatest,
    ...(nextIterator !== undefined && { nextIterator }),
    ...(childShards !== undefined && { childShards }),
  };
}

/** The name and message of an error in AWS CBOR 1.1. */
export function decodeCborError(bytes: Buffer): { readonly type: string; readonly message: string } {
  const reader = new CborReader(bytes);
  let type = '';
  let message = '';
  reader.map((name) => {
    if (name === '__type') type = reader.text();
    else if (name.toLowerCase() === 'message') message = reader.textOrNull() ?? '';
    else reader.skip();
  });
  return { type, message };
}

function readRecord(reader: CborReader): StoredRecord {
  let sequenceNumber: string | undefined;
  let partitionKey = '';
  let data: Uint8Array | undefined;
  let arrivedAt = 0;
  reader.map((name) => {
    if (name === 'Data') data = reader.bytes();
    else if (name === 'PartitionKey') partitionKey = reader.textOrNull() ?? '';
    else if (name === 'SequenceNumber') sequenceNumber = reader.text();
    else if (name === 'ApproximateArrivalTimestamp') arrivedAt = toMillis(reader.number());
    else reader.skip();
  });
  return {
    sequenceNumber: toSequenceNumber(needed(sequenceNumber, 'SequenceNumber')),
    partitionKey,
    data: needed(data, 'Data'),
    arrivedAt,
  };
}

function readChild(reader: CborReader): ChildShard {
  let shardId: string | undefined;
  const parentShardIds: string[] = [];
  let start: string | undefined;
  let end: string | undefined;
  reader.map((name) => {
    if (name === 'ShardId') shardId = reader.text();
    else if (name === 'ParentShards') reader.array(() => void parentShardIds.push(reader.text()));
    else if (name === 'HashKeyRange') {
      reader.map((bound) => {
        if (bound === 'StartingHashKey') start = reader.text();
        else if (bound === 'EndingHashKey') end = reader.text();
        else reader.skip();
      });
    } else reader.skip();
  });
  return {
    shardId: needed(shardId, 'ShardId'),
    parentShardIds,
    hashRange: {
      start: BigInt(needed(start, 'StartingHashKey')),
      end: BigInt(needed(end, 'EndingHashKey')),
    },
  };
}

/** The service's CBOR has milliseconds; seconds, as its JSON has, are told from them by their size for the next 3,000 years. */
function toMillis(time: number): number {
  return time < 100_000_000_000 ? time * 1000 : time;
}
