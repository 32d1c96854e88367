import { decodeAggregate } from '@millrace/kinesis/codec';
import { compareCheckpoints, type Checkpoint, type Lease } from '@millrace/kinesis/lease';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { aborted } from '@millrace/kinesis/runtime';

import { toMillraceError } from './connection-error.ts';
import type { Engine } from './engine/engine.ts';
import type { LogRecord } from './engine/shard-log.ts';
import type { Shard } from './engine/shard.ts';
import type { LeaseStores } from './lease-stores.ts';

/** Whose work to wait for. */
export interface SettledOptions {
  readonly stream: string;
  /** A consumer group that reads the stream through `kinesis.connection`. */
  readonly group: string;
  /** Stops waiting. */
  readonly signal?: AbortSignal;
}

/** The last record of a shard. */
interface Tail {
  readonly shard: Shard;
  readonly at: Checkpoint;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** See `LocalKinesis.settled`. */
export async function settled(
  engine: Engine,
  stores: LeaseStores,
  { stream, group, signal }: SettledOptions,
): Promise<void> {
  const waited = shardsOf(engine, stream)
    .map(tailOf)
    .filter((tail) => tail !== undefined);
  const store = stores.of(group);
  const stop = (): void => stores.changed.ring();
  signal?.addEventListener('abort', stop);
  try {
    for (;;) {
      if (signal?.aborted === true) throw aborted(signal);
      const change = stores.changed.wait();
      const leases = new Map((await store.list()).map((lease) => [lease.shardId, lease]));
      if (waited.every((tail) => isHandled(leases, tail))) return;
      await change;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function shardsOf(engine: Engine, stream: string): readonly Shard[] {
  try {
    return engine.stream(stream).shards(engine.now);
  } catch (error) {
    throw toMillraceError(error, { operation: 'settled', stream });
  }
}

function tailOf(shard: Shard): Tail | undefined {
  let last: LogRecord | undefined;
  shard.log.scan(shard.log.next - 1, (record) => {
    last = record;
    return true;
  });
  if (last === undefined) return undefined;
  const { data } = last.content();
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : data;
  const at = {
    sequenceNumber: toSequenceNumber(shard.numbers.of(last)),
    // An aggregate is handled when the last record in it is.
    subSequenceNumber: Math.max(0, (decodeAggregate(bytes)?.length ?? 1) - 1),
  };
  return { shard, at, arrivedAt: last.arrivedAt };
}

function isHandled(leases: ReadonlyMap<string, Lease>, { shard, at, arrivedAt }: Tail): boolean {
  const lease = leases.get(shard.id);
  // The lease of a shard that was read to its end goes when its children are read.
  if (lease === undefined) return shard.children.some((child) => leases.has(child.id));
  if (lease.startAt !== undefined && arrivedAt < lease.startAt) return true;
  return compareCheckpoints(lease.checkpoint, at) >= 0;
}
