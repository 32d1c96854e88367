import type { Engine } from '../engine/engine.ts';
import { isServiceError } from '../engine/service-error.ts';
import { subjectOf } from './call-subject.ts';
import type { Meter } from './meter.ts';

/** The operations CloudWatch knows the latency and success of. */
export const meteredOperations: ReadonlySet<string> = new Set([
  'GetRecords',
  'PutRecord',
  'PutRecords',
  'SubscribeToShard',
]);

/** Runs a call and tells the meter how long it took and how it ended, also when its answer comes later. */
export function meteredCall<T>(
  meter: Meter,
  engine: Engine,
  operation: string,
  input: unknown,
  run: () => T | Promise<T>,
): T | Promise<T> {
  const { clock } = engine.options;
  const startedAt = clock.monotonic();
  const end = (error?: unknown): void => {
    const { stream: name, shardId, consumer } = subjectOf(engine, input);
    const stream = name === undefined ? undefined : engine.find(name);
    // CloudWatch has no metrics of streams that are not there.
    if (stream === undefined) return;
    const failure =
      error === undefined ? undefined : isServiceError(error) ? error.type : ('InternalFailure' as const);
    meter.end({ operation, stream, latencyMs: clock.monotonic() - startedAt, failure, shardId, consumer });
  };
  try {
    const output = run();
    if (output instanceof Promise) return output.then(ended(end), failed(end));
    end();
    return output;
  } catch (error) {
    end(error);
    throw error;
  }
}

function ended<T>(end: () => void): (output: T) => T {
  return (output) => {
    end();
    return output;
  };
}

function failed(end: (error: unknown) => void): (error: unknown) => never {
  return (error) => {
    end(error);
    throw error;
  };
}
