import { account, mebibyte, one, record, tooLongKey, type BadInput } from './bad-input.ts';

export const badRecordInput: readonly BadInput[] = [
  {
    what: 'an unknown stream',
    operation: 'PutRecord',
    input: { StreamName: 'nowhere', ...record },
    answer: `ResourceNotFoundException: Stream nowhere under account ${account} not found.`,
  },
  {
    what: 'an empty partition key',
    operation: 'PutRecord',
    input: { StreamName: 'orders', Data: '', PartitionKey: '' },
    answer: one(
      "Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
  },
  {
    what: 'a partition key of 257 characters',
    operation: 'PutRecord',
    input: { StreamName: 'orders', Data: '', PartitionKey: tooLongKey },
    answer: one(
      `Value '${tooLongKey}' at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256`,
    ),
  },
  {
    what: 'a partition key of 257 characters among several entries',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: [record, { Data: '', PartitionKey: tooLongKey }] },
    answer: one(
      `Value '${tooLongKey}' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must have length less ` +
        'than or equal to 256',
    ),
  },
  {
    what: 'null in the place of an entry',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: [record, null] },
    answer: one("Value null at 'records.2.member' failed to satisfy constraint: Member must not be null"),
  },
  {
    what: 'no partition key and no data',
    operation: 'PutRecord',
    input: { StreamName: 'orders' },
    answer:
      "ValidationException: 2 validation errors detected: Value null at 'partitionKey' failed to satisfy constraint: " +
      "Member must not be null; Value null at 'data' failed to satisfy constraint: Member must not be null",
  },
  {
    what: 'an explicit hash key that is not decimal',
    operation: 'PutRecord',
    input: { StreamName: 'orders', ...record, ExplicitHashKey: 'ff' },
    answer: one(
      "Value 'ff' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
        '0|([1-9]\\d{0,38})',
    ),
  },
  {
    what: 'an explicit hash key of 2^128',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: [{ ...record, ExplicitHashKey: String(2n ** 128n) }] },
    answer:
      'InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified ' +
      `value was ${2n ** 128n}`,
  },
  {
    what: '501 entries',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: Array.from({ length: 501 }, () => record) },
    answer: one(
      `Value '[${Array.from({ length: 501 }, () => 'com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@c965e310').join(', ')}]' ` +
        "at 'records' failed to satisfy constraint: Member must have length less than or equal to 500",
    ),
  },
  {
    what: 'no entries',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: [] },
    answer: one(
      "Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
  },
  {
    what: 'a record larger than its stream takes',
    operation: 'PutRecord',
    input: { StreamName: 'orders', PartitionKey: 'k', Data: Buffer.alloc(mebibyte).toString('base64') },
    answer: one(
      "Value 'java.nio.HeapByteBuffer[pos=0 lim=1048576 cap=1048576]' at 'data' failed to satisfy constraint: Member must " +
        'have length less than or equal to 1048576',
    ),
  },
  {
    what: 'a record larger than any stream takes',
    operation: 'PutRecords',
    input: {
      StreamName: 'orders',
      Records: [{ PartitionKey: 'k', Data: Buffer.alloc(10 * mebibyte + 1).toString('base64') }],
    },
    answer: one(
      "Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]' at 'records.1.member.data' failed to satisfy " +
        'constraint: Member must have length less than or equal to 10485760',
    ),
  },
  {
    what: 'more than 10 MiB in one request',
    operation: 'PutRecords',
    input: {
      StreamName: 'orders',
      Records: Array.from({ length: 11 }, () => ({
        PartitionKey: 'k',
        Data: Buffer.alloc(mebibyte - 1).toString('base64'),
      })),
    },
    answer: 'InvalidArgumentException: Records size exceeds 10 MB limit',
  },
  {
    what: 'data whose length is not that of base64',
    operation: 'PutRecord',
    input: { StreamName: 'orders', PartitionKey: 'k', Data: 'abcde' },
    answer:
      "SerializationException: 'abcde' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 " +
      'bytes but found: 5',
  },
  {
    what: 'data with a character that is not of base64',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: [record, { PartitionKey: 'k', Data: 'ab*=' }] },
    answer: "SerializationException: 'ab*=' can not be converted to a Blob: Invalid Base64 character: '*'",
  },
  {
    what: 'data with padding inside',
    operation: 'PutRecord',
    input: { StreamName: 'orders', PartitionKey: 'k', Data: 'a=bc' },
    answer: "SerializationException: 'a=bc' can not be converted to a Blob: Invalid Base64 character: '='",
  },
  {
    what: 'data with stray bits at the end',
    operation: 'PutRecord',
    input: { StreamName: 'orders', PartitionKey: 'k', Data: 'YR==' },
    answer:
      "SerializationException: 'YR==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
  },
  {
    what: 'a list for a structure',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: [[]] },
    answer: 'SerializationException: Start of list found where not expected',
  },
  {
    what: 'a structure for a list',
    operation: 'PutRecords',
    input: { StreamName: 'orders', Records: {} },
    answer: 'SerializationException: Start of structure or map found where not expected.',
  },
  {
    what: 'an empty iterator and a limit too high',
    operation: 'GetRecords',
    input: { ShardIterator: '', Limit: 10_001 },
    answer:
      "ValidationException: 2 validation errors detected: Value '10001' at 'limit' failed to satisfy constraint: Member must " +
      "have value less than or equal to 10000; Value '' at 'shardIterator' failed to satisfy constraint: Member must have " +
      'length greater than or equal to 1',
  },
  {
    what: 'an iterator made up',
    operation: 'GetRecords',
    input: { ShardIterator: 'made up' },
    answer: 'InvalidArgumentException: Invalid ShardIterator.',
  },
  {
    what: 'a kind of iterator there is not',
    operation: 'GetShardIterator',
    input: { StreamName: 'orders', ShardId: 'shardId-0', ShardIteratorType: 'EARLIEST' },
    answer: one(
      "Value 'EARLIEST' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: " +
        '[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]',
    ),
  },
  {
    what: 'a shard there is not',
    operation: 'GetShardIterator',
    input: { StreamName: 'orders', ShardId: 'shardId-000000000007', ShardIteratorType: 'LATEST' },
    answer: `ResourceNotFoundException: Shard shardId-000000000007 in stream orders under account ${account} does not exist`,
  },
  {
    what: 'a shard id that is none',
    operation: 'GetShardIterator',
    input: { StreamName: 'orders', ShardId: 'first', ShardIteratorType: 'LATEST' },
    answer: `ResourceNotFoundException: Could not find shard first in stream orders under account ${account}.`,
  },
  {
    what: 'a sequence number with an iterator that takes none',
    operation: 'GetShardIterator',
    input: {
      StreamName: 'orders',
      ShardId: 'shardId-0',
      ShardIteratorType: 'LATEST',
      StartingSequenceNumber: '1',
    },
    answer:
      'InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ' +
      'StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified LATEST and also ' +
      'a StartingSequenceNumber.',
  },
  {
    what: 'no sequence number with an iterator that takes one',
    operation: 'GetShardIterator',
    input: { StreamName: 'orders', ShardId: 'shardId-0', ShardIteratorType: 'AT_SEQUENCE_NUMBER' },
    answer:
      'InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ' +
      'StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ' +
      'AT_SEQUENCE_NUMBER and no StartingSequenceNumber.',
  },
  {
    what: 'a sequence number of no stream',
    operation: 'GetShardIterator',
    input: {
      StreamName: 'orders',
      ShardId: 'shardId-0',
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: '12345',
    },
    answer:
      'InvalidArgumentException: StartingSequenceNumber 12345 used in GetShardIterator on shard shardId-000000000000 in ' +
      `stream orders under account ${account} is invalid.`,
  },
  {
    what: 'a timestamp missing',
    operation: 'GetShardIterator',
    input: { StreamName: 'orders', ShardId: 'shardId-0', ShardIteratorType: 'AT_TIMESTAMP' },
    answer:
      'InvalidArgumentException: Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request ' +
      'has no timestamp parameter.',
  },
  {
    what: 'a timestamp to come',
    operation: 'GetShardIterator',
    input: {
      StreamName: 'orders',
      ShardId: 'shardId-0',
      ShardIteratorType: 'AT_TIMESTAMP',
      Timestamp: Date.UTC(2026, 0, 1) / 1000 + 1,
    },
    answer:
      'InvalidArgumentException: The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
      'timestampInMillis: 1767225601000, currentTimestampInMillis: 1767225600000',
  },
  {
    what: 'a sequence number for ordering that is none',
    operation: 'PutRecord',
    input: { StreamName: 'orders', ...record, SequenceNumberForOrdering: '5' },
    answer:
      'InvalidArgumentException: ExclusiveMinimumSequenceNumber 5 used in PutRecord on stream orders under account ' +
      `${account} is invalid.`,
  },
];
