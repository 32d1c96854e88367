import { isMillraceError } from '@millrace/kinesis';
import type { Lease } from '@millrace/kinesis/lease';
import { isSequenceNumber } from '@millrace/kinesis/record';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { findLease } from '../groups/find-leases.ts';
import { partsOf } from '../groups/group.ts';
import { leaseDocument } from '../groups/lease-document.ts';
import { positionOf } from '../groups/reset-plan.ts';
import { StreamDirectory } from '../groups/stream-directory.ts';
import { writeOne } from '../io/document.ts';
import { showDuration } from '../lag/lag-row.ts';
import { measureBacklog } from '../read/backlog.ts';
import { readPace } from '../read/pace.ts';
import { Probe } from '../read/probe.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace leases show`. */
export function leasesShow(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const [group = '', named = ''] = context.args;
    const tables = await kinesis.services.leaseTables();
    const leases = await tables.read(group, { signal: context.signal });
    const lease = findLease(group, leases, named);
    const place = await lookUp(kinesis, context, leases, lease);
    const document = { ...leaseDocument(group, lease), ...place };
    await writeOne(context, document, [
      ['lease', lease.leaseKey],
      ...(document.stream === undefined ? [] : [['stream', document.stream] as const]),
      ['state', document.state],
      ['owner', document.owner ?? 'nobody'],
      ...(document.nextOwner === undefined ? [] : [['handed over to', document.nextOwner] as const]),
      ['counter', String(document.counter)],
      ['owner switches', `${document.ownerSwitches} since the last checkpoint`],
      ['checkpoint', `${document.checkpoint}:${document.subSequenceNumber}`],
      ...(place?.checkpointArrivedAt === undefined ? [] : [['arrived', place.checkpointArrivedAt] as const]),
      ...(place?.behindMs === undefined ? [] : [['behind', showDuration(place.behindMs)] as const]),
      ...(document.parents.length === 0 ? [] : [['parents', document.parents.join(' and ')] as const]),
      ...(document.children.length === 0 ? [] : [['children', document.children.join(' and ')] as const]),
      ...(document.parkedKeys.length === 0 ? [] : [['parked keys', document.parkedKeys.join(', ')] as const]),
    ]);
    return exitCode.ok;
  });
}

interface Placed {
  readonly stream: string;
  /** When the record at the checkpoint arrived; absent when it has passed its retention. */
  readonly checkpointArrivedAt?: string;
  readonly behindMs: number;
}

/** Where the checkpoint lies in time; undefined when the stream is not known or the shard is gone. */
async function lookUp(
  kinesis: Kinesis,
  context: CommandContext,
  leases: readonly Lease[],
  lease: Lease,
): Promise<Placed | undefined> {
  const { options, clock, signal, args } = context;
  const directory = new StreamDirectory(kinesis, context);
  const parts = await partsOf(directory, args[0] ?? '', leases, options.textOrNone('stream'));
  const [stream, ...others] = parts.find((part) => part.leases.includes(lease))?.streams ?? [];
  const { sequenceNumber } = lease.checkpoint;
  if (stream === undefined || others.length > 0 || sequenceNumber === 'SHARD_END') return undefined;
  const { reader } = kinesis.connection;
  const probe = new Probe({ stream, reader, clock, signal, pollMs: readPace(context) });
  try {
    const { records } = isSequenceNumber(sequenceNumber)
      ? await probe.look(lease.shardId, { type: 'at', sequenceNumber }, 1)
      : { records: [] };
    const [record] = records.filter((one) => one.sequenceNumber === sequenceNumber);
    const { behindMs } = await measureBacklog(probe, clock, lease.shardId, positionOf(lease));
    return {
      stream,
      ...(record !== undefined && { checkpointArrivedAt: new Date(record.arrivedAt).toISOString() }),
      behindMs,
    };
  } catch (error) {
    // The shard has passed its retention: the lease is all there is to show.
    if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
    throw error;
  }
}
