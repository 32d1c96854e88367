import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import {
  createConsumer,
  createProducer,
  defineStream,
  type Connection,
  type Consumer,
  type ConsumerOptions,
} from '@millrace/kinesis';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis, type LocalKinesis, type LocalKinesisOptions } from '@millrace/local';

export interface Step {
  readonly key: string;
  readonly n: number;
}

export const steps = defineStream<Step>({ name: 'steps', key: (step) => step.key });
export const hops = defineStream<{ readonly hop: number }>({ name: 'hops', key: ({ hop }) => `h${hop}` });

/** An embedded Kinesis on a clock that moves only when told, and consumers of it. */
export interface Setup extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly kinesis: LocalKinesis;
  readonly join: (options?: Partial<ConsumerOptions>, connection?: Connection) => Consumer<Step>;
  readonly put: (steps: readonly Step[]) => Promise<void>;
  /** Awaits `promise` while time passes. */
  readonly through: <T>(promise: Promise<T>, ms?: number) => Promise<T>;
}

export async function setup(options: LocalKinesisOptions = {}): Promise<Setup> {
  const clock = createManualClock();
  const kinesis = await createLocalKinesis({
    clock,
    streams: { steps: { shards: 4 }, hops: {} },
    ...options,
  });
  const through = async <T>(promise: Promise<T>, ms = 30_000): Promise<T> => {
    promise.catch(() => {});
    await clock.advance(ms);
    return promise;
  };
  return {
    clock,
    kinesis,
    through,
    join: (given = {}, connection = kinesis.connection) =>
      createConsumer(steps, connection, { group: 'readers', from: 'oldest', clock, ...given }),
    async put(values) {
      const producer = createProducer(steps, kinesis.connection, { clock, ordering: 'key' });
      for (const value of values) void producer.put(value);
      await through(producer.close(), 1000);
    },
    [Symbol.asyncDispose]: () => kinesis.close(),
  };
}

/** `count` steps of as many keys, in turn. */
export function stepsOf(count: number, keys = 10, from = 0): readonly Step[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${(from + index) % keys}`, n: from + index }));
}

/** Messages of one diagnostics channel, until disposed. */
export function listen(name: string): Disposable & { readonly messages: readonly unknown[] } {
  const messages: unknown[] = [];
  const onMessage = (message: unknown): void => void messages.push(message);
  subscribe(`millrace:${name}`, onMessage);
  return { messages, [Symbol.dispose]: () => void unsubscribe(`millrace:${name}`, onMessage) };
}
