import type { Connection } from '../connection.ts';
import { optionError } from '../runtime/options.ts';
import type { LeaseStore } from '../lease/index.ts';
import type { ShardSource, StreamDescription } from '../source/index.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import type { ResolvedConsumerOptions } from './options.ts';
import { ShardKeeper } from './shard-keeper.ts';
import type { Sources } from './sources.ts';

/** A stream a worker reads. */
export interface StreamInHand<T> {
  readonly definition: StreamDefinition<never, T>;
  /** What its leases carry where a group reads several streams. */
  readonly identifier: string | undefined;
  readonly keeper: ShardKeeper;
  readonly source: ShardSource;
}

export interface StreamsInput<T> {
  readonly definitions: readonly StreamDefinition<never, T>[];
  /** Whether leases are kept as for several streams, even if there is one. */
  readonly several: boolean;
  readonly reader: Connection['reader'];
  readonly store: LeaseStore;
  readonly sources: Sources;
  readonly options: ResolvedConsumerOptions;
}

/** The streams of a worker; asks the service who they are when there are several. */
export async function streamsInHand<T>(
  input: StreamsInput<T>,
  signal: AbortSignal,
): Promise<readonly StreamInHand<T>[]> {
  const { definitions, several, reader, store, sources, options } = input;
  const streams: StreamInHand<T>[] = [];
  for (const definition of definitions) {
    const { name } = definition;
    const identifier = several ? identify(name, await reader.describeStream(name, { signal })) : undefined;
    const { from, clock } = options;
    const which = identifier === undefined ? {} : { streamIdentifier: identifier };
    const keeper = new ShardKeeper(store, reader, { stream: name, from, clock, ...which });
    streams.push({ definition, identifier, keeper, source: sources.of(name) });
  }
  return streams;
}

/** The KCL's: `account:name:creation`, seconds since the epoch. A stream made anew under its name is another. */
function identify(name: string, { arn, createdAt }: StreamDescription): string {
  const account = arn.split(':')[4] ?? '';
  return `${account}:${name}:${Math.floor(createdAt / 1000)}`;
}

/** Throws `OPTION_INVALID` unless there is at least one stream and each has its own name. */
export function checkStreams(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length === 0 || twice !== undefined) {
    throw optionError('consumer.streams', twice ?? names, 'at least one stream, and each of them once');
  }
}
