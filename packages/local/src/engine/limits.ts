const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const hour = 3_600_000;

/** The service's limits in one place. See {@link https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html}. */
export const limits: {
  readonly recordsPerPut: number;
  readonly bytesPerPut: number;
  readonly recordsPerGet: number;
  readonly bytesPerGet: number;
  readonly defaultRecordBytes: number;
  readonly largestRecordBytes: number;
  readonly shardWriteRecordsPerSecond: number;
  readonly shardWriteBytesPerSecond: number;
  readonly shardReadCallsPerSecond: number;
  readonly shardReadBytesPerSecond: number;
  readonly iteratorCallsPerSecond: number;
  readonly consumersPerStream: number;
  readonly consumersPerStreamAdvantage: number;
  readonly consumersCreating: number;
  readonly bytesPerEvent: number;
  readonly heartbeatMs: number;
  readonly subscriptionMs: number;
  readonly resubscribeMs: number;
  readonly iteratorLifeMs: number;
  readonly nextTokenLifeMs: number;
  readonly defaultRetentionHours: number;
  readonly longestRetentionHours: number;
  readonly hourMs: number;
  readonly onDemandShards: number;
  readonly shardsPerStream: number;
  readonly tagsPerStream: number;
  /** MiB a second. */
  readonly largestWarmThroughput: number;
  readonly shardCountUpdatesPerDay: number;
  readonly encryptionChangesPerDay: number;
  readonly modeChangesPerDay: number;
  readonly streamsCreating: number;
  readonly onDemandStreams: number;
} = {
  recordsPerPut: 500,
  bytesPerPut: 10 * mebibyte,
  recordsPerGet: 10_000,
  bytesPerGet: 10 * mebibyte,
  defaultRecordBytes: mebibyte,
  largestRecordBytes: 10 * mebibyte,
  shardWriteRecordsPerSecond: 1000,
  shardWriteBytesPerSecond: mebibyte,
  shardReadCallsPerSecond: 5,
  shardReadBytesPerSecond: 2 * mebibyte,
  iteratorCallsPerSecond: 5,
  consumersPerStream: 20,
  consumersPerStreamAdvantage: 50,
  consumersCreating: 5,
  bytesPerEvent: mebibyte,
  heartbeatMs: 5000,
  subscriptionMs: 300_000,
  resubscribeMs: 5000,
  iteratorLifeMs: 300_000,
  nextTokenLifeMs: 300_000,
  defaultRetentionHours: 24,
  longestRetentionHours: 8760,
  hourMs: hour,
  onDemandShards: 4,
  shardsPerStream: 10_000,
  tagsPerStream: 50,
  largestWarmThroughput: 10_240,
  shardCountUpdatesPerDay: 10,
  encryptionChangesPerDay: 25,
  modeChangesPerDay: 2,
  streamsCreating: 5,
  onDemandStreams: 50,
};
