import type { Operation } from './operation.ts';
import { describeAccountSettings, updateAccountSettings } from './operations/account-settings.ts';
import {
  createChannel,
  deleteChannel,
  describeChannel,
  listChannels,
  updateChannel,
} from './operations/channels.ts';
import { createStream } from './operations/create-stream.ts';
import { deleteStream } from './operations/delete-stream.ts';
import { describeStream, describeStreamSummary } from './operations/describe-stream.ts';
import { startStreamEncryption, stopStreamEncryption } from './operations/encryption.ts';
import { disableEnhancedMonitoring, enableEnhancedMonitoring } from './operations/enhanced-monitoring.ts';
import { getRecords } from './operations/get-records.ts';
import { getShardIterator } from './operations/get-shard-iterator.ts';
import { listShards } from './operations/list-shards.ts';
import { listStreams } from './operations/list-streams.ts';
import { putRecord } from './operations/put-record.ts';
import { putRecords } from './operations/put-records.ts';
import { mergeShards, splitShard, updateShardCount } from './operations/reshard.ts';
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from './operations/resource-policy.ts';
import { listTagsForResource, tagResource, untagResource } from './operations/resource-tags.ts';
import { decreaseStreamRetentionPeriod, increaseStreamRetentionPeriod } from './operations/retention.ts';
import { describeLimits, updateMaxRecordSize } from './operations/settings.ts';
import {
  deregisterStreamConsumer,
  describeStreamConsumer,
  listStreamConsumers,
  registerStreamConsumer,
} from './operations/stream-consumers.ts';
import {
  updateStreamMode,
  updateStreamRecordDistributionStrategy,
  updateStreamWarmThroughput,
} from './operations/stream-mode.ts';
import { subscribeToShard } from './operations/subscribe-to-shard.ts';
import { addTagsToStream, listTagsForStream, removeTagsFromStream } from './operations/tags.ts';

/** Every operation answered, by the service's name for it. */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['AddTagsToStream', addTagsToStream],
  ['CreateChannel', createChannel],
  ['CreateStream', createStream],
  ['DecreaseStreamRetentionPeriod', decreaseStreamRetentionPeriod],
  ['DeleteChannel', deleteChannel],
  ['DeleteResourcePolicy', deleteResourcePolicy],
  ['DeleteStream', deleteStream],
  ['DeregisterStreamConsumer', deregisterStreamConsumer],
  ['DescribeAccountSettings', describeAccountSettings],
  ['DescribeChannel', describeChannel],
  ['DescribeLimits', describeLimits],
  ['DescribeStream', describeStream],
  ['DescribeStreamConsumer', describeStreamConsumer],
  ['DescribeStreamSummary', describeStreamSummary],
  ['DisableEnhancedMonitoring', disableEnhancedMonitoring],
  ['EnableEnhancedMonitoring', enableEnhancedMonitoring],
  ['GetRecords', getRecords],
  ['GetResourcePolicy', getResourcePolicy],
  ['GetShardIterator', getShardIterator],
  ['IncreaseStreamRetentionPeriod', increaseStreamRetentionPeriod],
  ['ListChannels', listChannels],
  ['ListShards', listShards],
  ['ListStreamConsumers', listStreamConsumers],
  ['ListStreams', listStreams],
  ['ListTagsForResource', listTagsForResource],
  ['ListTagsForStream', listTagsForStream],
  ['MergeShards', mergeShards],
  ['PutRecord', putRecord],
  ['PutRecords', putRecords],
  ['PutResourcePolicy', putResourcePolicy],
  ['RegisterStreamConsumer', registerStreamConsumer],
  ['RemoveTagsFromStream', removeTagsFromStream],
  ['SplitShard', splitShard],
  ['StartStreamEncryption', startStreamEncryption],
  ['StopStreamEncryption', stopStreamEncryption],
  ['SubscribeToShard', subscribeToShard],
  ['TagResource', tagResource],
  ['UntagResource', untagResource],
  ['UpdateAccountSettings', updateAccountSettings],
  ['UpdateChannel', updateChannel],
  ['UpdateMaxRecordSize', updateMaxRecordSize],
  ['UpdateShardCount', updateShardCount],
  ['UpdateStreamMode', updateStreamMode],
  ['UpdateStreamRecordDistributionStrategy', updateStreamRecordDistributionStrategy],
  ['UpdateStreamWarmThroughput', updateStreamWarmThroughput],
]);
