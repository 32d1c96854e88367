import type { Position } from '../record/position.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { FanOutOptions } from './fan-out-source.ts';
import type { ShardBatch, ShardSource } from './shard-source.ts';
import { within } from './waiting.ts';

export interface AutoOptions {
  readonly stream: string;
  /** Whom fan-out subscribes as. */
  readonly consumer: Pick<FanOutOptions['consumer'], 'arn'>;
  readonly clock: Clock;
}

const firstReturnMs = 60_000;
const lastReturnMs = 15 * 60_000;
/** A consumer that is ACTIVE already is found in this time, and nothing need be polled. */
const foundMs = 1000;

/**
 * Reads by fan-out, and by polling what that does not bring: until the consumer is ACTIVE, which takes the service up to a
 * minute, and a shard whose subscriptions are refused or keep failing; for a minute the first time, twice as long each time after,
 * a quarter of an hour at most. The change loses and repeats nothing. What polling cannot read either is thrown.
 *
 * @example
 * ```ts
 * const source = createAutoSource(createFanOutSource(fanOut, fanOutOptions), createPollingSource(reader, pollingOptions), { stream, consumer, clock });
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
  { fanOut, polling, stream, consumer, clock }: Both,
  shardId: string,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<ShardBatch> {
  let position: Position = from.type === 'now' ? { type: 'time', at: clock.now() } : from;
  let returnMs = firstReturnMs;
  while (!signal.aborted) {
    // Until when there is polling; while the consumer is registered nobody knows.
    let returnAt = Number.POSITIVE_INFINITY;
    const failed = (error: unknown): void => {
      if (!signal.aborted) publish('source:polling-instead', () => ({ stream, shardId, error, returnMs }));
      returnAt = clock.monotonic() + returnMs;
      returnMs = Math.min(lastReturnMs, returnMs * 2);
    };
    const register = async (): Promise<void> => {
      try {
        await consumer.arn(signal);
        returnAt = Number.NEGATIVE_INFINITY;
      } catch (error) {
        failed(error);
      }
    };
    await within(clock, foundMs, register(), signal);
    if (returnAt === Number.NEGATIVE_INFINITY) {
      try {
        for await (const batch of fanOut.read(shardId, position, signal)) {
          position = behind(batch, position);
          returnMs = firstReturnMs;
          yield batch;
          if (batch.children !== undefined) return;
        }
      } catch (error) {
        failed(error);
      }
    }
    if (signal.aborted) return;
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
