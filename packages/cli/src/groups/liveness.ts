import { MillraceError } from '@millrace/kinesis';
import { holderOf, type Lease, type LeaseStore } from '@millrace/kinesis/lease';
import { sleep } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';

const lookEveryMs = 500;

/**
 * Makes sure that no worker that is alive holds these leases, and answers them as they stand now. No clocks of machines are
 * compared: a worker is alive whose lease moves while it is watched, dead when nothing moved for `--lease-duration`. With
 * `--force` it does not look. Throws `OPTION_INVALID` for a live owner.
 */
export async function ensureAbandoned(
  context: CommandContext,
  store: LeaseStore,
  leases: readonly Lease[],
): Promise<readonly Lease[]> {
  const { options, clock, signal, notes } = context;
  const held = leases.filter((lease) => holderOf(lease) !== undefined);
  if (options.flag('force') || held.length === 0) return leases;
  const durationMs = options.number('lease-duration');
  notes.info(`watching for ${durationMs / 1000} s whether the owners are still alive`);
  const startedAt = clock.monotonic();
  const before = new Map(held.map((lease) => [lease.leaseKey, lease]));
  while (clock.monotonic() - startedAt < durationMs) {
    await sleep(clock, Math.min(lookEveryMs, durationMs), signal);
    for (const lease of await store.list()) {
      const seen = before.get(lease.leaseKey);
      if (seen !== undefined && seen.counter !== lease.counter && holderOf(lease) !== undefined) {
        throw liveOwner(lease);
      }
    }
  }
  return leases;
}

/** What to say when a conditional write came too late. */
export function changedMeanwhile({ shardId }: Lease): MillraceError {
  return new MillraceError('LEASE_LOST', `The lease of ${shardId} changed just now; it was left as it is.`, {
    advice: 'A worker took or renewed it. Stop the workers of the group, or run it again.',
    shardId,
    retryable: true,
  });
}

function liveOwner(lease: Lease): MillraceError {
  const { shardId } = lease;
  return new MillraceError(
    'OPTION_INVALID',
    `${holderOf(lease)} is alive and holds ${shardId}; nothing was done.`,
    {
      advice:
        'Stop the workers of the group first. --force does it anyway: they lose the lease and may handle records twice.',
      path: '--force',
      shardId,
    },
  );
}
