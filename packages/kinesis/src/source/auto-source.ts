import type { Position } from '../record/position.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ShardBatch, ShardSource } from './shard-source.ts';

export interface AutoOptions {
  readonly stream: string;
  readonly clock: Clock;
}

const firstReturnMs = 60_000;
const lastReturnMs = 15 * 60_000;

/**
 * Reads by fan-out, and by polling a shard whose subscriptions are refused or keep failing: for a minute the first time, twice
 * as long each time after, a quarter of an hour at most. The change loses and repeats nothing. What polling cannot read either
 * is thrown.
 *
 * @example
 * ```ts
 * const source = createAutoSource(createFanOutSource(fanOut, fanOutOptions), createPollingSource(reader, pollingOptions), { stream, clock });
 * ```
 */
export function createAutoSource(
  fanOut: ShardSource,
  polling: ShardSource,
  options: AutoOptions,
): ShardSource {
  return { read: (shardId, from, signal) => read({ fanOut, polling, ...options }, shardId, from, signal) };
}

interface Both extends AutoOptions {
  readonly fanOut: ShardSource;
  readonly polling: ShardSource;
}

async function* read(
  { fanOut, polling, stream, clock }: Both,
  shardId: string,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<ShardBatch> {
  let position: Position = from.type === 'now' ? { type: 'time', at: clock.now() } : from;
  let returnMs = firstReturnMs;
  while (!signal.aborted) {
    try {
      for await (const batch of fanOut.read(shardId, position, signal)) {
        position = behind(batch, position);
        returnMs = firstReturnMs;
        yield batch;
        if (batch.children !== undefined) return;
      }
      if (signal.aborted) return;
    } catch (error) {
      if (signal.aborted) return;
      publish('source:polling-instead', () => ({ stream, shardId, error, returnMs }));
    }
    const returnAt = clock.monotonic() + returnMs;
    returnMs = Math.min(lastReturnMs, returnMs * 2);
    for await (const batch of polling.read(shardId, position, signal)) {
      position = behind(batch, position);
      yield batch;
      if (batch.children !== undefined) return;
      if (clock.monotonic() >= returnAt) break;
    }
  }
}

function behind({ records }: ShardBatch, position: Position): Position {
  const last = records.at(-1);
  return last === undefined ? position : { type: 'after', sequenceNumber: last.sequenceNumber };
}
