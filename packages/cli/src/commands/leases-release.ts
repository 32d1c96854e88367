import { holderOf, type Lease } from '@millrace/kinesis/lease';
import { optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { findLeases } from '../groups/find-leases.ts';
import { changedMeanwhile, ensureAbandoned } from '../groups/liveness.ts';
import { writeList } from '../io/document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace leases release`. */
export async function leasesRelease(context: CommandContext): Promise<ExitCode> {
  const { options, notes, signal } = context;
  const [group = '', ...named] = context.args;
  const owner = options.textOrNone('owner');
  if ((named.length === 0) === (owner === undefined)) {
    throw optionError(
      'shard',
      named.length === 0 ? undefined : named.join(' '),
      'shards, or --owner and a worker',
    );
  }
  return withKinesis(context, async ({ services }) => {
    const tables = await services.leaseTables();
    const leases = await tables.read(group, { signal });
    const wanted =
      owner === undefined
        ? findLeases(group, leases, named)
        : leases.filter((lease) => holderOf(lease) === owner);
    const held = wanted.filter((lease) => lease.owner !== undefined);
    if (held.length === 0) notes.info('nobody holds them');
    const dryRun = options.flag('dry-run');
    const store = tables.open(group);
    if (!dryRun) {
      for (const lease of await ensureAbandoned(context, store, held)) {
        if (!(await store.release(lease))) throw changedMeanwhile(lease);
      }
    }
    await writeList(
      context,
      held.map((lease) => released(group, lease, dryRun)),
      [
        { title: dryRun ? 'WOULD RELEASE' : 'RELEASED', cell: ({ shardId }) => shardId },
        { title: 'HELD BY', cell: ({ heldBy }) => heldBy },
        { title: 'CHECKPOINT', cell: ({ checkpoint }) => checkpoint },
      ],
    );
    return exitCode.ok;
  });
}

function released(
  group: string,
  lease: Lease,
  dryRun: boolean,
): {
  readonly group: string;
  readonly shardId: string;
  readonly leaseKey: string;
  readonly heldBy: string;
  readonly checkpoint: string;
  readonly dryRun?: true;
} {
  return {
    group,
    shardId: lease.shardId,
    leaseKey: lease.leaseKey,
    heldBy: holderOf(lease) ?? '',
    checkpoint: lease.checkpoint.sequenceNumber,
    ...(dryRun && { dryRun: true }),
  };
}
