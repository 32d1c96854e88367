import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { Lease } from '../lease/lease.ts';
import type { CheckpointExtras } from '../lease/lease-store.ts';
import { keepsStartAt, parkedAfter } from '../lease/transition.ts';
import { HANDS_OVER, number, PARKED, parkedKeys, START_AT, stringSet } from './lease-item.ts';

/**
 * One conditional write to a lease, in DynamoDB's expressions. The conditions are the KCL's: whoever has seen the
 * latest counter may write, and every write moves it, so of two writers one fails.
 */
export interface LeaseUpdate {
  readonly update: string;
  readonly condition: string;
  readonly values: Record<string, AttributeValue>;
}

/** The heartbeat. */
export function renewal(lease: Lease): LeaseUpdate {
  return {
    update: 'SET leaseCounter = :next',
    // Who does not know yet that it is asked to hand the lease over must learn it now.
    condition:
      lease.checkpointOwner === undefined
        ? 'leaseCounter = :seen AND attribute_not_exists(checkpointOwner)'
        : 'leaseCounter = :seen',
    values: counters(lease),
  };
}

/** Makes `owner` the owner and ends a hand-off. */
export function takeOver(lease: Lease, owner: string): LeaseUpdate {
  const switched = lease.owner !== undefined && lease.owner !== owner;
  return {
    update: `SET leaseCounter = :next, leaseOwner = :owner, ${HANDS_OVER} = :owner REMOVE checkpointOwner${switched ? ' ADD ownerSwitchesSinceCheckpoint :one' : ''}`,
    condition: 'leaseCounter = :seen',
    values: { ...counters(lease), ':owner': { S: owner }, ...(switched && { ':one': number(1) }) },
  };
}

/** Asks the owner to hand over to `owner`. The counter stays: the old owner's next heartbeat fails on the request and so learns of it. */
export function handOffRequest(lease: Lease, holder: string, owner: string): LeaseUpdate {
  return {
    update: `SET leaseOwner = :owner, checkpointOwner = :holder, ${HANDS_OVER} = :owner`,
    // Who never promised, as a Java 2.x worker, would neither notice nor remove it.
    condition: `leaseOwner = :holder AND ${HANDS_OVER} = :holder AND attribute_not_exists(checkpointOwner)`,
    values: { ':owner': { S: owner }, ':holder': { S: holder } },
  };
}

/** Takes back what `owner` asked `holder` for. The counter stays, as it did with the request. */
export function withdrawal(holder: string, owner: string): LeaseUpdate {
  return {
    update: `SET leaseOwner = :holder, ${HANDS_OVER} = :holder REMOVE checkpointOwner`,
    // What a Java leader has asked for carries no mark of ours, and is its own to mend.
    condition: `leaseOwner = :owner AND ${HANDS_OVER} = :owner AND checkpointOwner = :holder`,
    values: { ':owner': { S: owner }, ':holder': { S: holder } },
  };
}

/** A checkpoint, which is a heartbeat too. What a Java worker had prepared but not committed is overtaken. */
export function advance(
  lease: Lease,
  reached: Lease['checkpoint'],
  { childShardIds = [], parked, startAt }: CheckpointExtras,
): LeaseUpdate {
  const after = parkedAfter(reached, parked ?? lease.parked);
  const putsParked = parked !== undefined && after !== undefined;
  const set = [
    'leaseCounter = :next',
    'checkpoint = :checkpoint',
    'checkpointSubSequenceNumber = :sub',
    'ownerSwitchesSinceCheckpoint = :zero',
    ...(childShardIds.length > 0 ? ['childShardIds = :children'] : []),
    ...(putsParked ? [`${PARKED} = :parked`] : []),
    ...(startAt !== undefined ? [`${START_AT} = :at`] : []),
  ];
  const remove = [
    'pendingCheckpoint',
    'pendingCheckpointSubSequenceNumber',
    'pendingCheckpointState',
    ...(keepsStartAt(reached) ? [] : [START_AT]),
    ...(after === undefined && (parked ?? lease.parked) !== undefined ? [PARKED] : []),
  ];
  return {
    update: `SET ${set.join(', ')} REMOVE ${remove.join(', ')}`,
    condition: 'leaseCounter = :seen',
    values: {
      ...counters(lease),
      ':checkpoint': { S: reached.sequenceNumber },
      ':sub': number(reached.subSequenceNumber),
      ':zero': number(0),
      ...(childShardIds.length > 0 && { ':children': stringSet(childShardIds) }),
      ...(putsParked && { ':parked': parkedKeys(after) }),
      ...(startAt !== undefined && { ':at': number(startAt) }),
    },
  };
}

/** Gives the lease up: to nobody, or in a hand-off to the owner that stands there already. */
export function surrender(lease: Lease, owner: string): LeaseUpdate {
  const values = { ...counters(lease), ':owner': { S: owner } };
  if (lease.checkpointOwner === undefined) {
    return {
      update: `SET leaseCounter = :next REMOVE leaseOwner, ${HANDS_OVER}`,
      condition: 'leaseCounter = :seen AND leaseOwner = :owner AND attribute_not_exists(checkpointOwner)',
      values,
    };
  }
  return {
    update: 'SET leaseCounter = :next REMOVE checkpointOwner ADD ownerSwitchesSinceCheckpoint :one',
    condition: 'leaseCounter = :seen AND leaseOwner = :owner AND checkpointOwner = :holder',
    values: { ...values, ':holder': { S: lease.checkpointOwner }, ':one': number(1) },
  };
}

function counters(lease: Lease): Record<string, AttributeValue> {
  return { ':seen': number(lease.counter), ':next': number(lease.counter + 1) };
}
