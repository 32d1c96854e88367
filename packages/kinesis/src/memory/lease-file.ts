import { MillraceError } from '../errors.ts';
import { isSentinel, type Checkpoint } from '../lease/checkpoint.ts';
import type { Lease, ParkedKeys } from '../lease/lease.ts';
import { isSequenceNumber } from '../record/sequence-number.ts';
import { isObject } from '../runtime/unknown-value.ts';

/** Leases as JSON, one a line, under a version. */
export function encodeLeases(leases: readonly Lease[]): string {
  const lines = leases.map(({ hashRange, parked, ...lease }) =>
    JSON.stringify({
      ...lease,
      ...(hashRange && { hashRange: [String(hashRange.start), String(hashRange.end)] }),
      ...(parked && { parked: [...parked] }),
    }),
  );
  return `{"version":1,"leases":[\n${lines.join(',\n')}\n]}\n`;
}

/** The leases in such a text; none when there is no text yet. Throws `DATA_DAMAGED`. */
export function decodeLeases(json: string | undefined, path: string): readonly Lease[] {
  if (json === undefined) return [];
  try {
    const file: unknown = JSON.parse(json);
    if (!isObject(file) || file['version'] !== 1 || !Array.isArray(file['leases']))
      throw new Error('no leases');
    return file['leases'].map(toLease);
  } catch (cause) {
    throw new MillraceError('DATA_DAMAGED', `${path} does not hold leases.`, {
      advice: 'Give another path, or move the file away to begin anew.',
      path,
      cause,
    });
  }
}

function toLease(line: unknown): Lease {
  if (!isObject(line)) throw new Error('a lease is not an object');
  const hashRange = line['hashRange'];
  const parked = line['parked'];
  const optional = (name: string): object => {
    const value = line[name];
    return value === undefined ? {} : { [name]: text(value) };
  };
  return {
    leaseKey: text(line['leaseKey']),
    shardId: text(line['shardId']),
    counter: whole(line['counter']),
    ownerSwitchesSinceCheckpoint: whole(line['ownerSwitchesSinceCheckpoint']),
    checkpoint: toCheckpoint(line['checkpoint']),
    parentShardIds: list(line['parentShardIds']).map(text),
    childShardIds: list(line['childShardIds']).map(text),
    ...optional('owner'),
    ...optional('streamIdentifier'),
    ...optional('checkpointOwner'),
    ...optional('handsOver'),
    ...(line['startAt'] !== undefined && { startAt: whole(line['startAt']) }),
    ...(hashRange !== undefined && { hashRange: toRange(list(hashRange)) }),
    ...(parked !== undefined && { parked: toParked(list(parked)) }),
  };
}

function toCheckpoint(value: unknown): Checkpoint {
  if (!isObject(value)) throw new Error('a checkpoint is not an object');
  const sequenceNumber = text(value['sequenceNumber']);
  if (!isSentinel(sequenceNumber) && !isSequenceNumber(sequenceNumber)) throw new Error('no sequence number');
  return { sequenceNumber, subSequenceNumber: whole(value['subSequenceNumber']) };
}

function toRange([start, end]: readonly unknown[]): NonNullable<Lease['hashRange']> {
  return { start: BigInt(text(start)), end: BigInt(text(end)) };
}

function toParked(entries: readonly unknown[]): ParkedKeys {
  const parked = new Map<string, NonNullable<ReturnType<ParkedKeys['get']>>>();
  for (const entry of entries) {
    const [key, place] = list(entry);
    const { sequenceNumber, subSequenceNumber } = toCheckpoint(place);
    if (isSentinel(sequenceNumber)) throw new Error('a parked key has no place');
    parked.set(text(key), { sequenceNumber, subSequenceNumber });
  }
  return parked;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error('not a text');
}

function whole(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error('not a whole number');
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('not a list');
}
