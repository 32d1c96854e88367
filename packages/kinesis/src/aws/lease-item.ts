import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { MillraceError } from '../errors.ts';
import { isSentinel, type Checkpoint } from '../lease/checkpoint.ts';
import type { Lease, ParkedKeys } from '../lease/lease.ts';
import { keepsStartAt } from '../lease/transition.ts';
import { isSequenceNumber } from '../record/sequence-number.ts';
import type { HashRange } from '../shard/hash-range.ts';
import { memberOf } from '../runtime/unknown-value.ts';

/** Where a lease's start time is kept. The KCL does not know this attribute and neither reads nor removes it. */
export const START_AT = 'millraceStartAt';
/** The worker that promised to hand over. A Java worker takes a lease without changing it, which tells that it never promised. */
export const HANDS_OVER = 'millraceOwner';
/** Parked keys, each behind the place of its first record: `number:sub:key`. A set, since a map's names may not be any text. */
export const PARKED = 'millraceParked';
/** No key: a set cannot be empty. */
const NONE_PARKED = 'none';

/**
 * A lease as the KCL stores it. What is not there is left out: the KCL accepts neither empty strings nor empty
 * sets, and reads a missing owner as nobody.
 */
export function leaseToItem(lease: Lease): Record<string, AttributeValue> {
  return {
    leaseKey: { S: lease.leaseKey },
    leaseCounter: number(lease.counter),
    ownerSwitchesSinceCheckpoint: number(lease.ownerSwitchesSinceCheckpoint),
    checkpoint: { S: lease.checkpoint.sequenceNumber },
    checkpointSubSequenceNumber: number(lease.checkpoint.subSequenceNumber),
    ...(lease.owner !== undefined && { leaseOwner: { S: lease.owner } }),
    ...(lease.startAt !== undefined && { [START_AT]: number(lease.startAt) }),
    ...(lease.parentShardIds.length > 0 && { parentShardId: stringSet(lease.parentShardIds) }),
    ...(lease.childShardIds.length > 0 && { childShardIds: stringSet(lease.childShardIds) }),
    ...(lease.hashRange && {
      startingHashKey: { S: String(lease.hashRange.start) },
      endingHashKey: { S: String(lease.hashRange.end) },
    }),
    ...(lease.checkpointOwner !== undefined && { checkpointOwner: { S: lease.checkpointOwner } }),
    ...(lease.handsOver !== undefined && { [HANDS_OVER]: { S: lease.handsOver } }),
    ...(lease.parked && { [PARKED]: parkedKeys(lease.parked) }),
    ...(lease.streamIdentifier !== undefined && { streamName: { S: lease.streamIdentifier } }),
    // With several streams in one table the key is more than the shard id.
    ...(lease.shardId !== lease.leaseKey && { shardId: { S: lease.shardId } }),
  };
}

/**
 * The lease an item holds; undefined for whatever else a KCL keeps in the same table (leader, metrics, migration).
 * Throws `SERVICE_FAILED` for a lease without a readable checkpoint: to skip it would silently skip its shard.
 */
export function itemToLease(item: Readonly<Record<string, unknown>>): Lease | undefined {
  const leaseKey = text(item['leaseKey']);
  const counter = integer(item['leaseCounter']);
  const entityType = text(item['entityType']);
  if (leaseKey === undefined || counter === undefined) return undefined;
  if (entityType !== undefined && entityType !== 'LEASE') return undefined;
  const owner = text(item['leaseOwner']);
  const checkpointOwner = text(item['checkpointOwner']);
  const checkpoint = toCheckpoint(leaseKey, item);
  const startAt = toStartAt(checkpoint, item);
  const hashRange = toHashRange(item);
  const handsOver = text(item[HANDS_OVER]);
  const parked = toParkedKeys(item[PARKED]);
  const streamIdentifier = text(item['streamName']);
  return {
    leaseKey,
    shardId: text(item['shardId']) ?? leaseKey,
    ...(owner !== undefined && { owner }),
    counter,
    ownerSwitchesSinceCheckpoint: integer(item['ownerSwitchesSinceCheckpoint']) ?? 0,
    checkpoint,
    ...(startAt !== undefined && { startAt }),
    parentShardIds: texts(item['parentShardId']),
    childShardIds: texts(item['childShardIds']),
    ...(hashRange && { hashRange }),
    ...(checkpointOwner !== undefined && { checkpointOwner }),
    ...(handsOver !== undefined && { handsOver }),
    ...(parked && { parked }),
    ...(streamIdentifier !== undefined && { streamIdentifier }),
  };
}

export function parkedKeys(parked: ParkedKeys): AttributeValue {
  if (parked.size === 0) return stringSet([NONE_PARKED]);
  return stringSet(
    [...parked].map(([key, { sequenceNumber, subSequenceNumber }]) =>
      [sequenceNumber, subSequenceNumber, key].join(':'),
    ),
  );
}

export function number(value: number): AttributeValue {
  return { N: String(value) };
}

export function stringSet(values: readonly string[]): AttributeValue {
  return { SS: [...new Set(values)] };
}

function toCheckpoint(leaseKey: string, item: Readonly<Record<string, unknown>>): Checkpoint {
  const stored = text(item['checkpoint']) ?? '';
  const subSequenceNumber = integer(item['checkpointSubSequenceNumber']) ?? 0;
  if (isSentinel(stored)) return { sequenceNumber: stored, subSequenceNumber: 0 };
  if (isSequenceNumber(stored)) return { sequenceNumber: stored, subSequenceNumber };
  throw new MillraceError(
    'SERVICE_FAILED',
    `The lease ${leaseKey} has the checkpoint ${JSON.stringify(stored)}.`,
    {
      advice:
        'Set it to a sequence number, TRIM_HORIZON, LATEST or SHARD_END, or delete the item to begin anew.',
      shardId: text(item['shardId']) ?? leaseKey,
      path: 'checkpoint',
      got: stored,
      allowed: 'a sequence number, TRIM_HORIZON, LATEST, AT_TIMESTAMP or SHARD_END',
    },
  );
}

/** Some keep the start time where a position inside an aggregate would stand; it cannot be one, so it is a hint. */
function toStartAt(checkpoint: Checkpoint, item: Readonly<Record<string, unknown>>): number | undefined {
  if (!keepsStartAt(checkpoint)) return undefined;
  const hint = checkpoint.sequenceNumber === 'AT_TIMESTAMP' ? item['checkpointSubSequenceNumber'] : undefined;
  return integer(item[START_AT]) ?? (integer(hint) || undefined);
}

/** What cannot be read is left out: its key is handled again, which is better than a shard nobody can open. */
function toParkedKeys(attribute: unknown): ParkedKeys | undefined {
  if (attribute === undefined) return undefined;
  const parked = new Map<string, NonNullable<ReturnType<ParkedKeys['get']>>>();
  for (const entry of texts(attribute)) {
    const [, sequenceNumber = '', sub, key] = /^(\d+):(\d+):(.*)$/s.exec(entry) ?? [];
    if (key === undefined || !isSequenceNumber(sequenceNumber)) continue;
    parked.set(key, { sequenceNumber, subSequenceNumber: Number(sub) });
  }
  return parked;
}

function toHashRange(item: Readonly<Record<string, unknown>>): HashRange | undefined {
  const start = text(item['startingHashKey']);
  const end = text(item['endingHashKey']);
  const decimal = /^\d{1,39}$/;
  if (start === undefined || end === undefined || !decimal.test(start) || !decimal.test(end))
    return undefined;
  return { start: BigInt(start), end: BigInt(end) };
}

function text(attribute: unknown): string | undefined {
  const value = memberOf(attribute, 'S');
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function integer(attribute: unknown): number | undefined {
  const value = memberOf(attribute, 'N');
  return typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}

function texts(attribute: unknown): readonly string[] {
  const value = memberOf(attribute, 'SS');
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
