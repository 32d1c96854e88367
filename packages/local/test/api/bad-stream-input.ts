import { account, longestHashKey, one, tooLongKey, type BadInput } from './bad-input.ts';

export const badStreamInput: readonly BadInput[] = [
  {
    what: 'null in the place of a tag key',
    operation: 'RemoveTagsFromStream',
    input: { StreamName: 'orders', TagKeys: ['a', null] },
    answer: one("Value null at 'tagKeys.2.member' failed to satisfy constraint: Member must not be null"),
  },
  {
    what: 'null in the place of a tag’s value',
    operation: 'AddTagsToStream',
    input: { StreamName: 'orders', Tags: { team: null } },
    answer: one("Value null at 'tags.team.member' failed to satisfy constraint: Member must not be null"),
  },
  {
    what: 'an ARN of another account',
    operation: 'DescribeStream',
    input: { StreamARN: 'arn:aws:kinesis:us-east-1:111111111111:stream/orders' },
    answer: 'ResourceNotFoundException: Stream orders under account 111111111111 not found.',
  },
  {
    what: 'an ARN of another region',
    operation: 'DescribeStream',
    input: { StreamARN: `arn:aws:kinesis:eu-west-1:${account}:stream/orders` },
    answer: `ResourceNotFoundException: Stream orders under account ${account} not found.`,
  },
  {
    what: 'neither name nor ARN',
    operation: 'DescribeStream',
    input: {},
    answer: 'InvalidArgumentException: Either StreamName or StreamARN must be provided.',
  },
  {
    what: 'a text that is no ARN',
    operation: 'DescribeStream',
    input: { StreamARN: 'orders' },
    answer: one(
      "Value 'orders' at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
        'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+',
    ),
  },
  {
    what: 'an empty stream name',
    operation: 'DescribeStream',
    input: { StreamName: '' },
    answer:
      "ValidationException: 2 validation errors detected: Value '' at 'streamName' failed to satisfy constraint: Member " +
      "must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: " +
      'Member must have length greater than or equal to 1',
  },
  {
    what: 'a stream name with a space',
    operation: 'CreateStream',
    input: { StreamName: 'my orders', ShardCount: 0 },
    answer:
      "ValidationException: 2 validation errors detected: Value '0' at 'shardCount' failed to satisfy constraint: Member " +
      "must have value greater than or equal to 1; Value 'my orders' at 'streamName' failed to satisfy constraint: Member " +
      'must satisfy regular expression pattern: [a-zA-Z0-9_.-]+',
  },
  {
    what: 'a stream that is there already',
    operation: 'CreateStream',
    input: { StreamName: 'orders', ShardCount: 1 },
    answer: `ResourceInUseException: Stream orders under account ${account} already exists.`,
  },
  {
    what: 'no stream name to create',
    operation: 'CreateStream',
    input: { ShardCount: 1 },
    answer: one("Value null at 'streamName' failed to satisfy constraint: Member must not be null"),
  },
  {
    what: 'a number for a text',
    operation: 'DescribeStream',
    input: { StreamName: 5 },
    answer:
      'SerializationException: class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String',
  },
  {
    what: 'a text for a number',
    operation: 'ListStreams',
    input: { Limit: '5' },
    answer: 'SerializationException: class java.lang.String can not be converted to an Integer',
  },
  {
    what: 'a page of no size',
    operation: 'ListStreams',
    input: { Limit: 0 },
    answer: one(
      "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ),
  },
  {
    what: 'a split outside the shard',
    operation: 'SplitShard',
    input: { StreamName: 'orders', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: longestHashKey },
    answer:
      `InvalidArgumentException: NewStartingHashKey ${longestHashKey} used in SplitShard() on shard shardId-000000000000 in stream ` +
      `orders under account ${account} is not both greater than one plus the shard's StartingHashKey 0 and less than the ` +
      "shard's EndingHashKey 170141183460469231731687303715884105727.",
  },
  {
    what: 'a split of a shard there is not',
    operation: 'SplitShard',
    input: { StreamName: 'orders', ShardToSplit: 'shardId-000000000009', NewStartingHashKey: '7' },
    answer: `ResourceNotFoundException: Could not find shard shardId-000000000009 in stream orders under account ${account}.`,
  },
  {
    what: 'a merge of a shard with itself',
    operation: 'MergeShards',
    input: { StreamName: 'orders', ShardToMerge: 'shardId-0', AdjacentShardToMerge: 'shardId-0' },
    answer:
      `InvalidArgumentException: Shards shardId-000000000000 and shardId-000000000000 in stream orders under account ${account} ` +
      'are not an adjacent pair of shards eligible for merging',
  },
  {
    what: 'more than double the shards',
    operation: 'UpdateShardCount',
    input: { StreamName: 'orders', TargetShardCount: 5, ScalingType: 'UNIFORM_SCALING' },
    answer:
      'LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. Current open ' +
      'shard count: 2, Target shard count: 5',
  },
  {
    what: 'a retention below a day',
    operation: 'DecreaseStreamRetentionPeriod',
    input: { StreamName: 'orders', RetentionPeriodHours: 23 },
    answer:
      'InvalidArgumentException: Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too ' +
      'short.',
  },
  {
    what: 'a retention above a year',
    operation: 'IncreaseStreamRetentionPeriod',
    input: { StreamName: 'orders', RetentionPeriodHours: 8761 },
    answer:
      'InvalidArgumentException: Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is ' +
      'too long.',
  },
  {
    what: 'an increase that would shorten',
    operation: 'IncreaseStreamRetentionPeriod',
    input: { StreamName: 'longer', RetentionPeriodHours: 25 },
    answer:
      'InvalidArgumentException: Requested retention period (25 hours) for stream longer can not be shorter than existing ' +
      'retention period (48 hours). Use DecreaseRetentionPeriod API.',
  },
  {
    what: 'no tags',
    operation: 'AddTagsToStream',
    input: { StreamName: 'orders', Tags: {} },
    answer: one(
      "Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
  },
  {
    what: 'a tag key too long',
    operation: 'AddTagsToStream',
    input: { StreamName: 'orders', Tags: { [tooLongKey]: 'v' } },
    answer: one(
      `Value '{${tooLongKey}=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have ` +
        'length less than or equal to 128, Member must have length greater than or equal to 1]',
    ),
  },
  {
    what: 'a tag with characters refused',
    operation: 'AddTagsToStream',
    input: { StreamName: 'orders', Tags: { 'a*': 'v' } },
    answer:
      'InvalidArgumentException: Some tags contain invalid characters. Valid characters: Unicode letters, digits, white ' +
      'space, _ . / = + - % @.',
  },
  {
    what: 'a token together with a name',
    operation: 'ListShards',
    input: { StreamName: 'orders', NextToken: 'abc' },
    answer: 'InvalidArgumentException: NextToken and StreamName cannot be provided together.',
  },
  {
    what: 'a token made up',
    operation: 'ListShards',
    input: { NextToken: 'abc' },
    answer: 'InvalidArgumentException: NextToken is invalid.',
  },
  {
    what: 'a record size out of range',
    operation: 'UpdateMaxRecordSize',
    input: { StreamARN: `arn:aws:kinesis:us-east-1:${account}:stream/orders`, MaxRecordSizeInKiB: 10_241 },
    answer: one(
      "Value '10241' at 'maxRecordSizeInKiB' failed to satisfy constraint: Member must have value less than or equal to 10240",
    ),
  },
  {
    what: 'a split of an on-demand stream',
    operation: 'SplitShard',
    input: { StreamName: 'demand', ShardToSplit: 'shardId-0', NewStartingHashKey: '7' },
    answer: `ValidationException: Request is invalid. Stream demand under account ${account} is in On-Demand mode.`,
  },
  {
    what: 'an operation there is not',
    operation: 'MakeCoffee',
    input: {},
    answer: 'UnknownOperationException',
  },
];
