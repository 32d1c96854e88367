import type { ShardBatch } from './shard-source.ts';

/** Bytes of a batch's records, data and partition keys, as the service counts them (keys taken as ASCII). */
export function sizeOf({ records, bytes }: Pick<ShardBatch, 'records' | 'bytes'>): number {
  if (bytes !== undefined) return bytes;
  let counted = 0;
  for (const { data, partitionKey } of records) counted += data.length + partitionKey.length;
  return counted;
}
