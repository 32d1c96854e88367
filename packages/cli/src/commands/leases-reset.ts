import { MillraceError } from '@millrace/kinesis';
import type { LeaseStore } from '@millrace/kinesis/lease';
import { parsePosition, type Position } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { knownPart, partsOf, type KnownPart } from '../groups/group.ts';
import { changedMeanwhile, ensureAbandoned } from '../groups/liveness.ts';
import { newLease, planReset, type ResetStep } from '../groups/reset-plan.ts';
import { StreamDirectory } from '../groups/stream-directory.ts';
import { confirm, ensureAskable } from '../io/confirm.ts';
import { writeList } from '../io/document.ts';
import { readPace } from '../read/pace.ts';
import { Probe } from '../read/probe.ts';
import { findShard } from '../shards/shard-id.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace leases reset`. */
export async function leasesReset(context: CommandContext): Promise<ExitCode> {
  const { options, signal, clock, notes } = context;
  const [group = ''] = context.args;
  const to = readTarget(context);
  const dryRun = options.flag('dry-run');
  const what = `Move the checkpoints of ${group} to ${options.textOrNone('to')}`;
  if (!dryRun) ensureAskable(context, what);
  return withKinesis(context, async (kinesis) => {
    const tables = await kinesis.services.leaseTables();
    const part = await findPart(kinesis, context, await tables.read(group, { signal }));
    const { stream, shards } = part;
    const only = options.list('shard').map((text) => findShard(stream, shards, text).shardId);
    const store = tables.open(group);
    if (!dryRun)
      await ensureAbandoned(
        context,
        store,
        part.leases.filter(({ shardId }) => only.length === 0 || only.includes(shardId)),
      );
    const { retentionHours } = await kinesis.admin.describe(stream, { signal });
    const probe = new Probe({
      stream,
      reader: kinesis.connection.reader,
      clock,
      signal,
      pollMs: readPace(context),
    });
    const plan = await planReset(part, { to, only, retentionMs: retentionHours * 3_600_000 }, probe, clock);
    const steps = plan.map((step) => stepDocument(group, stream, step, dryRun));
    if (plan.length === 0) notes.info('every lease stands there already');
    else if (!dryRun) {
      await confirm(context, `${what} (${inAll(steps)})`, group);
      await carryOut(store, plan);
    }
    await writeList(context, steps, [
      { title: 'SHARD', cell: ({ shardId }) => shardId },
      { title: 'FROM', cell: ({ from }) => from ?? '(finished before)' },
      { title: dryRun ? 'WOULD GO TO' : 'TO', cell: ({ checkpoint }) => checkpoint },
      { title: 'RECORDS', cell: showRecords, align: 'right' },
    ]);
    return exitCode.ok;
  });
}

/** Children's leases are made before a parent's says that it is finished: else nobody would read them. */
async function carryOut(store: LeaseStore, plan: readonly ResetStep[]): Promise<void> {
  for (const step of plan) if (step.lease === undefined) await store.create(newLease(step));
  for (const { lease, to, childShardIds } of plan) {
    if (lease === undefined) continue;
    const moved = await store.checkpoint(lease, to, { childShardIds, parked: 'inherited' });
    if (moved === undefined) throw changedMeanwhile(lease);
    // Whoever held it is gone: the next worker need not wait until that shows.
    if (moved.owner !== undefined) await store.release(moved);
  }
}

async function findPart(
  kinesis: Kinesis,
  context: CommandContext,
  leases: Parameters<typeof partsOf>[2],
): Promise<KnownPart> {
  const [group = ''] = context.args;
  const directory = new StreamDirectory(kinesis, context);
  const [part, ...others] = await partsOf(directory, group, leases, context.options.textOrNone('stream'));
  if (part === undefined) {
    throw new MillraceError('DATA_MISSING', `Group ${group} has no leases.`, {
      advice: 'Its workers make them when they first start; there is nothing to reset before.',
      got: group,
    });
  }
  if (others.length > 0) {
    throw new MillraceError('OPTION_INVALID', `Group ${group} reads several streams.`, {
      advice: 'Name one of them with --stream.',
      path: '--stream',
    });
  }
  return knownPart(directory, part);
}

function readTarget({ options, clock }: CommandContext): Position {
  const text = options.textOrNone('to');
  const allowed = 'oldest, now, -15m, an ISO time, or with one --shard after:<sequence>';
  if (text === undefined) throw optionError('--to', undefined, allowed);
  const to = parsePosition(text, clock.now(), '--to');
  if (to.type === 'at' || (to.type === 'after' && options.list('shard').length !== 1)) {
    throw optionError('--to', text, allowed);
  }
  return to.type === 'now' ? { type: 'time', at: clock.now() } : to;
}

interface StepDocument {
  readonly group: string;
  readonly stream: string;
  readonly shardId: string;
  readonly from?: string;
  readonly checkpoint: string;
  readonly subSequenceNumber: number;
  /** Above 0: handled again; below 0: skipped. */
  readonly records: number;
  readonly exact: boolean;
  readonly dryRun?: true;
}

function stepDocument(group: string, stream: string, step: ResetStep, dryRun: boolean): StepDocument {
  const { shard, lease, to, difference, exact } = step;
  return {
    group,
    stream,
    shardId: shard.shardId,
    ...(lease !== undefined && { from: lease.checkpoint.sequenceNumber }),
    checkpoint: to.sequenceNumber,
    subSequenceNumber: to.subSequenceNumber,
    records: difference,
    exact,
    ...(dryRun && { dryRun: true }),
  };
}

/** What it comes to, for who is to say yes: what is handled again does not make up for what is skipped. */
function inAll(steps: readonly StepDocument[]): string {
  const again = steps.filter(({ records }) => records > 0);
  const skipped = steps.filter(({ records }) => records < 0);
  const sums = [again, skipped]
    .filter((some) => some.length > 0)
    .map((some) => ({
      records: some.reduce((sum, { records }) => sum + records, 0),
      exact: some.every(({ exact }) => exact),
    }));
  return sums.length === 0 ? 'no records' : `records: ${sums.map(showRecords).join(', ')}`;
}

function showRecords({ records, exact }: Pick<StepDocument, 'records' | 'exact'>): string {
  const count = `${exact ? '' : '~'}${Math.abs(records).toLocaleString('en-US')}`;
  if (records === 0) return '0';
  return records > 0 ? `${count} again` : `${count} skipped`;
}
