/** What one shard takes and gives in a second. @see https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const shardLimits: {
  readonly writtenBytes: number;
  readonly writtenRecords: number;
  readonly readBytes: number;
} = {
  writtenBytes: 1024 * 1024,
  writtenRecords: 1000,
  readBytes: 2 * 1024 * 1024,
};

/** How much of a shard's write capacity is used, 0 to 1 and beyond: of bytes or of records, whichever is nearer. */
export function writeLoad(recordsPerSecond: number, bytesPerSecond: number): number {
  return Math.max(recordsPerSecond / shardLimits.writtenRecords, bytesPerSecond / shardLimits.writtenBytes);
}
