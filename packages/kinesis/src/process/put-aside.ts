import { MillraceError } from '../errors.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { FailurePolicy } from './failure-policy.ts';
import { toLost } from './lost.ts';
import type { Parking, Place } from './parking.ts';
import type { RawStreamRecord } from './raw-record.ts';

export interface PutAsideOptions {
  readonly onFailure: FailurePolicy;
  readonly parking: Parking;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly alive: () => void;
}

/** Why a record is put aside. */
export interface Reason {
  readonly error: MillraceError;
  /** 0 when it was not tried. */
  readonly attempts: number;
  readonly parkedBehind?: Place;
}

const backoff: Backoff = { baseMs: 100, capMs: 30_000 };

/**
 * Ends a record that cannot be handled, as the policy has it: throws to stop, or sees it safe in the sink, trying until it is.
 * True when it is out of the way, false when told to stop first.
 */
export async function putAside(
  raw: RawStreamRecord,
  reason: Reason,
  options: PutAsideOptions,
): Promise<boolean> {
  const { onFailure, parking, clock, stop } = options;
  if (stop.aborted) return false;
  if (onFailure.action === 'stop') throw reason.error;
  if (onFailure.action === 'parkTheKey' && parking.first(raw.partitionKey) === undefined) {
    if (parking.size >= onFailure.maxKeys) throw parkingFull(raw, onFailure.maxKeys, reason);
  }
  publish('process:put-aside', () => ({ record: raw, action: onFailure.action, ...reason }));
  for (let tries = 1; onFailure.action !== 'skip'; tries++) {
    options.alive();
    try {
      await onFailure.sink(toLost(raw, reason.error, reason.attempts, reason.parkedBehind));
      break;
    } catch (cause) {
      publish('process:sink-failed', () => ({ record: raw, tries, error: cause }));
      await sleep(clock, backoffDelay(backoff, tries, clock), stop).catch(() => {});
      if (stop.aborted) return false;
    }
  }
  // Only now: had the key been parked before its first record is safe, a restart could pass over it.
  if (onFailure.action === 'parkTheKey') parking.park(raw);
  return true;
}

/** Why a record is put aside whose key is parked. */
export function behind(raw: RawStreamRecord, first: Place): Reason {
  const { stream, shardId, sequenceNumber, partitionKey } = raw;
  const place = `${first.sequenceNumber}:${first.subSequenceNumber}`;
  return {
    attempts: 0,
    parkedBehind: first,
    error: new MillraceError(
      'HANDLER_FAILED',
      `The record was not tried: its key is parked since ${place} of ${shardId} failed.`,
      {
        advice: 'Handle the records of the key in their order, then unpark it.',
        stream,
        shardId,
        sequenceNumber,
        partitionKey,
        attempts: 0,
      },
    ),
  };
}

function parkingFull(raw: RawStreamRecord, maxKeys: number, { error, attempts }: Reason): MillraceError {
  const { stream, shardId, sequenceNumber, partitionKey } = raw;
  return new MillraceError(
    'HANDLER_FAILED',
    `${maxKeys} keys of ${shardId} are parked, and another failed.`,
    {
      advice: 'So many keys rarely fail each for itself: mend the handler (see the cause), then unpark them.',
      stream,
      shardId,
      sequenceNumber,
      partitionKey,
      attempts,
      cause: error,
    },
  );
}
