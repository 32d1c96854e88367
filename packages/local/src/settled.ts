import { decodeAggregate } from '@millrace/kinesis/codec';
import { compareCheckpoints, type Checkpoint, type Lease } from '@millrace/kinesis/lease';
import { toSequenceNumber, type Position } from '@millrace/kinesis/record';
import { aborted, optionError, type Bell } from '@millrace/kinesis/runtime';

import { toMillraceError } from './connection-error.ts';
import type { Engine } from './engine/engine.ts';
import type { LogRecord } from './engine/shard-log.ts';
import type { Shard } from './engine/shard.ts';
import { streamOfArn } from './event-source/connection-source.ts';
import type { Mapping } from './event-source/mapping.ts';
import type { Mappings } from './event-source/mappings.ts';
import type { LeaseStores } from './lease-stores.ts';

/** Whose work to wait for. */
export type SettledOptions = (GroupWork | MappingWork) & {
  /** Stops waiting. */
  readonly signal?: AbortSignal;
};

interface GroupWork {
  readonly stream: string;
  /** A consumer group that reads the stream through `kinesis.connection`. */
  readonly group: string;
}

interface MappingWork {
  /** What `kinesis.mapping(…)` resolves to, or the UUID of one made through Lambda's API. */
  readonly mapping: { readonly uuid: string };
}

export interface SettledPlace {
  readonly engine: Engine;
  readonly stores: LeaseStores;
  readonly mappings: () => Promise<Mappings>;
}

/** What is waited for, and what rings when it may be so. */
interface Wait {
  readonly changed: Bell;
  readonly isOver: () => boolean | Promise<boolean>;
}

/** The last record of a shard. */
interface Tail {
  readonly shard: Shard;
  readonly at: Checkpoint;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** See `LocalKinesis.settled`. */
export async function settled(place: SettledPlace, wanted: SettledOptions): Promise<void> {
  const { signal } = wanted;
  const { changed, isOver } =
    'mapping' in wanted ? await waitForMapping(place, wanted) : waitForGroup(place, wanted);
  const stop = (): void => changed.ring();
  signal?.addEventListener('abort', stop);
  try {
    for (;;) {
      if (signal?.aborted === true) throw aborted(signal);
      const change = changed.wait();
      if (await isOver()) return;
      await change;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function waitForGroup({ engine, stores }: SettledPlace, { stream, group }: GroupWork): Wait {
  const tails = tailsOf(engine, stream);
  const store = stores.of(group);
  return {
    changed: stores.changed,
    async isOver() {
      const leases = new Map((await store.list()).map((lease) => [lease.shardId, lease]));
      return tails.every((tail) => isCheckpointed(leases, tail));
    },
  };
}

async function waitForMapping(
  { engine, mappings: open }: SettledPlace,
  { mapping: { uuid } }: MappingWork,
): Promise<Wait> {
  const mappings = await open();
  const find = (): Mapping => {
    const [found] = mappings.list().filter((mapping) => mapping.uuid === uuid);
    if (found === undefined) throw optionError('settled.mapping', uuid, 'a mapping that there is');
    return found;
  };
  const tails = tailsOf(engine, streamOfArn(find().settings.EventSourceArn));
  return {
    changed: mappings.changed,
    isOver() {
      const mapping = find();
      return tails.every((tail) => isBehind(mapping.placeOf(tail.shard.id), tail));
    },
  };
}

function tailsOf(engine: Engine, stream: string): readonly Tail[] {
  return shardsOf(engine, stream)
    .map(tailOf)
    .filter((tail) => tail !== undefined);
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

function isCheckpointed(leases: ReadonlyMap<string, Lease>, { shard, at, arrivedAt }: Tail): boolean {
  const lease = leases.get(shard.id);
  // The lease of a shard that was read to its end goes when its children are read.
  if (lease === undefined) return shard.children.some((child) => leases.has(child.id));
  if (lease.startAt !== undefined && arrivedAt < lease.startAt) return true;
  return compareCheckpoints(lease.checkpoint, at) >= 0;
}

/** Whether the last record lies behind the place a mapping got to. An aggregate is one record to a mapping. */
function isBehind(place: Position | 'done' | undefined, { at, arrivedAt }: Tail): boolean {
  if (place === 'done') return true;
  if (place?.type === 'time') return arrivedAt < place.at;
  if (place?.type !== 'after') return false;
  return compareCheckpoints({ ...at, sequenceNumber: place.sequenceNumber }, at) >= 0;
}
