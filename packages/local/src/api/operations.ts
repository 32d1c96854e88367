import type { Operation } from './operation.ts';
import { createStream } from './operations/create-stream.ts';
import { deleteStream } from './operations/delete-stream.ts';
import { describeStream, describeStreamSummary } from './operations/describe-stream.ts';
import { getRecords } from './operations/get-records.ts';
import { getShardIterator } from './operations/get-shard-iterator.ts';
import { listShards } from './operations/list-shards.ts';
import { listStreams } from './operations/list-streams.ts';
import { putRecord } from './operations/put-record.ts';
import { putRecords } from './operations/put-records.ts';
import { mergeShards, splitShard, updateShardCount } from './operations/reshard.ts';
import { decreaseStreamRetentionPeriod, increaseStreamRetentionPeriod } from './operations/retention.ts';
import { describeLimits, updateMaxRecordSize } from './operations/settings.ts';
import {
  deregisterStreamConsumer,
  describeStreamConsumer,
  listStreamConsumers,
  registerStreamConsumer,
} from './operations/stream-consumers.ts';
import { subscribeToShard } from './operations/subscribe-to-shard.ts';
import { addTagsToStream, listTagsForStream, removeTagsFromStream } from './operations/tags.ts';

/** Every operation answered, by the service's name for it. */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['AddTagsToStream', addTagsToStream],
  ['CreateStream', createStream],
  ['DecreaseStreamRetentionPeriod', decreaseStreamRetentionPeriod],
  ['DeleteStream', deleteStream],
  ['DeregisterStreamConsumer', deregisterStreamConsumer],
  ['DescribeLimits', describeLimits],
  ['DescribeStream', describeStream],
  ['DescribeStreamConsumer', describeStreamConsumer],
  ['DescribeStreamSummary', describeStreamSummary],
  ['GetRecords', getRecords],
  ['GetShardIterator', getShardIterator],
  ['IncreaseStreamRetentionPeriod', increaseStreamRetentionPeriod],
  ['ListShards', listShards],
  ['ListStreamConsumers', listStreamConsumers],
  ['ListStreams', listStreams],
  ['ListTagsForStream', listTagsForStream],
  ['MergeShards', mergeShards],
  ['PutRecord', putRecord],
  ['PutRecords', putRecords],
  ['RegisterStreamConsumer', registerStreamConsumer],
  ['RemoveTagsFromStream', removeTagsFromStream],
  ['SplitShard', splitShard],
  ['SubscribeToShard', subscribeToShard],
  ['UpdateMaxRecordSize', updateMaxRecordSize],
  ['UpdateShardCount', updateShardCount],
]);
