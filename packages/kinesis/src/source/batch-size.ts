import type { StoredRecord } from '../record/record.ts';

/** Bytes of records, data and partition keys, as the service counts them (keys taken as ASCII). */
export function sizeOf(records: readonly StoredRecord[]): number {
  let bytes = 0;
  for (const { data, partitionKey } of records) bytes += data.length + partitionKey.length;
  return bytes;
}
