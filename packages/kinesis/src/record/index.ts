export { effectiveHashKey, hashKeyOf, isHashKey, MAX_HASH_KEY, parseHashKey } from './hash-key.ts';
export { checkPartitionKey, MAX_PARTITION_KEY_LENGTH } from './partition-key.ts';
export { parsePosition, type Position, type PositionInput } from './position.ts';
export { parseRange, type PositionRange } from './range.ts';
export type { OutgoingRecord, StoredRecord, StreamRecord } from './record.ts';
export {
  compareSequenceNumbers,
  isSequenceNumber,
  toSequenceNumber,
  type SequenceNumber,
} from './sequence-number.ts';
