import { MillraceError } from '@millrace/kinesis';
import { holderOf, type Lease } from '@millrace/kinesis/lease';
import type { Shard } from '@millrace/kinesis/shard';

import { fitsStream } from './fits-stream.ts';
import type { StreamDirectory } from './stream-directory.ts';

/** The leases of a group on one stream. */
export interface GroupPart {
  readonly group: string;
  readonly leases: readonly Lease[];
  /** The streams they may be of: one when it is known, none when it is gone, several when they cannot be told apart. */
  readonly streams: readonly string[];
}

/** A part whose stream is known. */
export interface KnownPart {
  readonly group: string;
  readonly leases: readonly Lease[];
  readonly stream: string;
  readonly shards: readonly Shard[];
}

/**
 * The parts of a group: one for each stream its lease keys name, as a KCL of several streams writes them, and one for
 * those that name none. `stream`: the one the user named.
 */
export async function partsOf(
  directory: StreamDirectory,
  group: string,
  leases: readonly Lease[],
  stream?: string,
): Promise<readonly GroupPart[]> {
  const named = new Map<string | undefined, Lease[]>();
  for (const lease of leases) {
    const name = streamNameOf(lease);
    named.set(name, [...(named.get(name) ?? []), lease]);
  }
  const parts: GroupPart[] = [];
  for (const [name, mine] of named) {
    if (name === undefined) {
      parts.push({ group, leases: mine, streams: await candidates(directory, mine, stream) });
    } else if (stream === undefined || name === stream) {
      const shards = await directory.shards(name);
      parts.push({ group, leases: mine, streams: shards === undefined ? [] : [name] });
    }
  }
  return parts;
}

/** The stream a lease key names: `account:name:creation:shard`; undefined in a table of one stream. */
export function streamNameOf(lease: Lease): string | undefined {
  const identifier = lease.streamIdentifier ?? /^(\d{12}:[^:]+:\d+):shardId-/.exec(lease.leaseKey)?.[1];
  return identifier?.split(':')[1];
}

/** The workers that hold leases now, sorted. */
export function workersOf(leases: readonly Lease[]): readonly string[] {
  const workers = leases.map(holderOf).filter((worker) => worker !== undefined);
  return [...new Set(workers)].toSorted();
}

/** A part with its stream and shards. Throws `OPTION_INVALID` or `DATA_MISSING` when it cannot be told which. */
export async function knownPart(directory: StreamDirectory, part: GroupPart): Promise<KnownPart> {
  const { group, leases, streams } = part;
  const [stream, ...others] = streams;
  if (stream === undefined) {
    throw new MillraceError('DATA_MISSING', `No stream fits the leases of ${group}.`, {
      advice: 'Its stream was deleted, or is in another region or account.',
      got: group,
    });
  }
  if (others.length > 0) {
    throw new MillraceError('OPTION_INVALID', `The leases of ${group} fit ${streams.join(' and ')}.`, {
      advice: 'Name the one it reads with --stream.',
      path: '--stream',
      got: group,
    });
  }
  return { group, leases, stream, shards: (await directory.shards(stream)) ?? [] };
}

async function candidates(
  directory: StreamDirectory,
  leases: readonly Lease[],
  stream: string | undefined,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of stream === undefined ? await directory.names() : [stream]) {
    const shards = await directory.shards(name);
    if (shards !== undefined && fitsStream(leases, shards)) found.push(name);
  }
  return found;
}
