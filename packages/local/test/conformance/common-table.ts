/** What every operation has in common, as data. */
export interface CommonRow {
  readonly operation: string;
  /** A call that succeeds on the stream `s` of one shard; `$ITERATOR` and `$CONSUMER` are filled in. */
  readonly input: object;
  /** How it names a stream: either name or ARN, only by ARN, as the resource, or not at all. */
  readonly names: 'either' | 'arn' | 'resource' | 'nothing';
  /** What is said when everything is left out, in order. */
  readonly required: readonly string[];
  /** Whether it is refused unless the stream is ACTIVE. */
  readonly needsActive?: boolean;
  /** On demand, in an account that may set warm throughput. */
  readonly onDemand?: boolean;
}

const s = { StreamName: 's' } as const;
const arn = { StreamARN: '$STREAM' } as const;
const resource = { ResourceARN: '$STREAM' } as const;
const data = { Data: new Uint8Array([1]), PartitionKey: 'k' } as const;
const key = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' } as const;
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:root' }, Action: 'kinesis:PutRecord' },
  ],
});

export const commonRows: readonly CommonRow[] = [
  { operation: 'AddTagsToStream', input: { ...s, Tags: { a: 'b' } }, names: 'either', required: ['tags'] },
  {
    operation: 'DecreaseStreamRetentionPeriod',
    input: { ...s, RetentionPeriodHours: 24 },
    names: 'either',
    required: ['retentionPeriodHours'],
    needsActive: true,
  },
  {
    operation: 'DeleteResourcePolicy',
    input: resource,
    names: 'resource',
    required: ['resourceARN'],
    needsActive: true,
  },
  { operation: 'DeleteStream', input: s, names: 'either', required: [] },
  { operation: 'DeregisterStreamConsumer', input: { ...arn, ConsumerName: 'c' }, names: 'arn', required: [] },
  { operation: 'DescribeAccountSettings', input: {}, names: 'nothing', required: [] },
  { operation: 'DescribeLimits', input: {}, names: 'nothing', required: [] },
  { operation: 'DescribeStream', input: s, names: 'either', required: [] },
  { operation: 'DescribeStreamConsumer', input: { ...arn, ConsumerName: 'c' }, names: 'arn', required: [] },
  { operation: 'DescribeStreamSummary', input: s, names: 'either', required: [] },
  {
    operation: 'DisableEnhancedMonitoring',
    input: { ...s, ShardLevelMetrics: ['ALL'] },
    names: 'either',
    required: ['shardLevelMetrics'],
    needsActive: true,
  },
  {
    operation: 'EnableEnhancedMonitoring',
    input: { ...s, ShardLevelMetrics: ['ALL'] },
    names: 'either',
    required: ['shardLevelMetrics'],
    needsActive: true,
  },
  {
    operation: 'GetRecords',
    input: { ShardIterator: '$ITERATOR' },
    names: 'nothing',
    required: ['shardIterator'],
  },
  { operation: 'GetResourcePolicy', input: resource, names: 'resource', required: ['resourceARN'] },
  {
    operation: 'GetShardIterator',
    input: { ...s, ShardId: 'shardId-000000000000', ShardIteratorType: 'LATEST' },
    names: 'either',
    required: ['shardId', 'shardIteratorType'],
  },
  {
    operation: 'IncreaseStreamRetentionPeriod',
    input: { ...s, RetentionPeriodHours: 48 },
    names: 'either',
    required: ['retentionPeriodHours'],
    needsActive: true,
  },
  { operation: 'ListChannels', input: {}, names: 'nothing', required: [] },
  { operation: 'ListShards', input: s, names: 'either', required: [] },
  { operation: 'ListStreamConsumers', input: arn, names: 'arn', required: ['streamARN'] },
  { operation: 'ListStreams', input: {}, names: 'nothing', required: [] },
  { operation: 'ListTagsForResource', input: resource, names: 'resource', required: ['resourceARN'] },
  { operation: 'ListTagsForStream', input: s, names: 'either', required: [] },
  { operation: 'PutRecord', input: { ...s, ...data }, names: 'either', required: ['partitionKey', 'data'] },
  { operation: 'PutRecords', input: { ...s, Records: [data] }, names: 'either', required: ['records'] },
  {
    operation: 'PutResourcePolicy',
    input: { ...resource, Policy: policy },
    names: 'resource',
    required: ['resourceARN', 'policy'],
    needsActive: true,
  },
  {
    operation: 'RegisterStreamConsumer',
    input: { ...arn, ConsumerName: 'd' },
    names: 'arn',
    required: ['streamARN', 'consumerName'],
  },
  {
    operation: 'RemoveTagsFromStream',
    input: { ...s, TagKeys: ['a'] },
    names: 'either',
    required: ['tagKeys'],
  },
  {
    operation: 'SplitShard',
    input: { ...s, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' },
    names: 'either',
    required: ['newStartingHashKey', 'shardToSplit'],
    needsActive: true,
  },
  {
    operation: 'StartStreamEncryption',
    input: { ...s, ...key },
    names: 'either',
    required: ['encryptionType', 'keyId'],
    needsActive: true,
  },
  {
    operation: 'StopStreamEncryption',
    input: { ...s, ...key },
    names: 'either',
    required: ['encryptionType', 'keyId'],
    needsActive: true,
  },
  {
    operation: 'SubscribeToShard',
    input: {
      ConsumerARN: '$CONSUMER',
      ShardId: 'shardId-000000000000',
      StartingPosition: { Type: 'LATEST' },
    },
    names: 'nothing',
    required: ['consumerARN', 'shardId', 'startingPosition'],
  },
  {
    operation: 'TagResource',
    input: { ...resource, Tags: { a: 'b' } },
    names: 'resource',
    required: ['tags', 'resourceARN'],
  },
  {
    operation: 'UntagResource',
    input: { ...resource, TagKeys: ['a'] },
    names: 'resource',
    required: ['tagKeys', 'resourceARN'],
  },
  {
    operation: 'UpdateAccountSettings',
    input: { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } },
    names: 'nothing',
    required: ['minimumThroughputBillingCommitment'],
  },
  {
    operation: 'UpdateMaxRecordSize',
    input: { ...arn, MaxRecordSizeInKiB: 2048 },
    names: 'arn',
    required: ['maxRecordSizeInKiB'],
    needsActive: true,
  },
  {
    operation: 'UpdateShardCount',
    input: { ...s, TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' },
    names: 'either',
    required: ['scalingType', 'targetShardCount'],
    needsActive: true,
  },
  {
    operation: 'UpdateStreamMode',
    input: { ...arn, StreamModeDetails: { StreamMode: 'ON_DEMAND' } },
    names: 'arn',
    required: ['streamARN', 'streamModeDetails'],
    needsActive: true,
  },
  {
    operation: 'UpdateStreamRecordDistributionStrategy',
    input: { ...arn, RecordDistributionStrategy: 'AUTO' },
    names: 'arn',
    required: ['streamARN', 'recordDistributionStrategy'],
    needsActive: true,
    onDemand: true,
  },
  {
    operation: 'UpdateStreamWarmThroughput',
    input: { ...s, WarmThroughputMiBps: 8 },
    names: 'either',
    required: ['warmThroughputMiBps'],
    needsActive: true,
    onDemand: true,
  },
];
