import {
  createConsumer,
  deadLetter,
  isMillraceError,
  parkTheKey,
  type Connection,
  type Consumer,
  type ConsumerOptions,
  type StreamDefinition,
} from '@millrace/kinesis';
import type { FailurePolicy } from '@millrace/kinesis/consumer';

import type { Item, Value } from '../check/item.ts';
import type { GroupPlan, WorkerPlan } from '../plan/plan.ts';
import type { Random } from '../plan/random.ts';
import { wallStart, type Life } from '../world/life.ts';
import { SimulatedHandler, type HandlerParts } from './handler.ts';
import { createSink, type SinkParts } from './sink.ts';

/** Where a group begins that begins at a time. */
export const groupFromMs = 1500;

export interface WorkerParts extends Omit<HandlerParts, 'plan'>, Omit<SinkParts, 'handler'> {
  readonly streams: readonly StreamDefinition<Item, Value>[];
  readonly group: GroupPlan;
  readonly worker: WorkerPlan;
  readonly life: Life;
  readonly random: Random;
  readonly connection: Pick<Connection, 'reader' | 'fanOut' | 'leases'>;
  /** The process has come to its end by itself, with this error if it was one. */
  readonly ended: (error: unknown) => void;
}

/** Starts the consumer of one worker process. */
export function startWorker(parts: WorkerParts): Consumer<Value> {
  const { streams, group, worker, life, connection, ended, verdict } = parts;
  const handler = new SimulatedHandler({ ...parts, plan: worker });
  const options: ConsumerOptions = {
    group: 'simulated',
    from: group.from === 'time' ? new Date(wallStart + groupFromMs) : group.from,
    workerId: life.name,
    leaseDuration: group.leaseMs,
    pollInterval: group.pollMs,
    idlePollInterval: 1000,
    batchSize: worker.batchSize,
    concurrency: worker.concurrency,
    maxAttempts: group.maxAttempts,
    onFailure: policyOf(parts, handler),
    retrieval: worker.retrieval,
    prefetch: worker.prefetchBytes,
    stallAfter: worker.stallAfterMs,
    handOffTimeout: worker.handOffTimeoutMs,
    clock: life.clock,
    ...(worker.maxShards !== undefined && { maxShards: worker.maxShards }),
  };
  const [stream] = streams;
  const alone = stream !== undefined && !group.several;
  const consumer = alone
    ? createConsumer(stream, connection, options)
    : createConsumer(streams, connection, options);
  const running = work(consumer, handler, worker);
  running.then(
    () => ended(undefined),
    (error: unknown) => {
      if (!isMillraceError(error, 'HANDLER_FAILED')) {
        verdict.broken('workers end only for a reason', `${life.name} ended with ${String(error)}`, [
          life.name,
        ]);
      }
      ended(error);
    },
  );
  return consumer;
}

/** Reads in the way the plan says. In a loop, what was given is handled when more is asked for. */
async function work(
  consumer: Consumer<Value>,
  handler: SimulatedHandler,
  { handler: way }: WorkerPlan,
): Promise<void> {
  if (way === 'records') {
    for await (const record of consumer) await handler.take([record]);
  } else if (way === 'batches') {
    for await (const batch of consumer.batches()) await handler.take(batch);
  } else await consumer.run(handler.port);
}

function policyOf(parts: WorkerParts, handler: SimulatedHandler): FailurePolicy | 'stop' | 'skip' {
  const { policy } = parts.group;
  if (policy === 'stop' || policy === 'skip') return policy;
  const sink = createSink({ ...parts, handler });
  return policy === 'parkTheKey' ? parkTheKey(sink) : deadLetter(sink);
}
