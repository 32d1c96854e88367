import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { groupAlarms, processorAlarms, putMetricAlarmInput, streamAlarms, type Alarm } from '@millrace/infra';
import { rawStream } from '@millrace/kinesis';
import { createConsumer, type Consumer } from '@millrace/kinesis/consumer';
import { emfMeter, sleep } from '@millrace/kinesis/runtime';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis, type LocalKinesis } from '@millrace/local';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { expect, test } from 'vitest';

import { readEmf } from './emf-agent.ts';

// The recommended alarms on the embedded CloudWatch: each goes off for what it is there for, and is quiet again after.

const poison = Buffer.from('poison').toString('base64');

interface Plant extends AsyncDisposable {
  readonly kinesis: LocalKinesis;
  readonly clock: ManualClock;
  watch(alarms: readonly Alarm[]): Promise<void>;
  /** Minutes of traffic: so many records a minute, from many keys or from one. */
  run(
    minutes: number,
    traffic?: { readonly records?: number; readonly key?: string; readonly data?: string },
  ): Promise<void>;
  /** A worker of the group `billing`, that measures into the namespace `Shop`. */
  start(eachRecord?: () => Promise<void> | void): Consumer<Uint8Array>;
  stop(consumer: Consumer<Uint8Array>): Promise<void>;
  /** The recommended alarms that are in ALARM. */
  ringing(): Promise<readonly string[]>;
  /** Of those named, the ones that are not OK. */
  notWell(...names: readonly string[]): Promise<readonly string[]>;
}

async function createPlant(shards: number): Promise<Plant> {
  const clock = createManualClock();
  const kinesis = await createLocalKinesis({ clock, enforceLimits: true, streams: { orders: { shards } } });
  const client = new CloudWatchClient(kinesis.clientConfig);
  const watch = async (alarms: readonly Alarm[]): Promise<void> => {
    for (const alarm of alarms) {
      const input = putMetricAlarmInput(alarm, alarm.id) as unknown as PutMetricAlarmCommandInput;
      await client.send(new PutMetricAlarmCommand(input));
    }
  };
  await watch(streamAlarms({ streamName: 'orders', retentionHours: 24, shards }));
  const meter = emfMeter({ namespace: 'Shop', write: (line) => void readEmf(client, line), clock });
  let written = 0;
  const settle = async (promise: Promise<unknown>): Promise<void> => {
    const state = { done: false };
    const end = (): void => {
      state.done = true;
    };
    promise.then(end, end);
    while (!state.done) await clock.advance(1000);
    await promise;
  };
  return {
    kinesis,
    clock,
    watch,
    async run(minutes, { records = 50, key, data = 'x' } = {}) {
      for (let minute = 0; minute < minutes; minute++) {
        const entries = Array.from({ length: records }, () => ({
          partitionKey: key ?? `k${written++}`,
          data: Buffer.from(data),
        }));
        for (let start = 0; start < entries.length; start += 500) {
          await kinesis.connection.writer.write('orders', entries.slice(start, start + 500), {});
        }
        await clock.advance(60_000);
      }
    },
    start(eachRecord = () => {}) {
      const consumer = createConsumer(rawStream('orders'), kinesis.connection, {
        group: 'billing',
        from: 'oldest',
        pollInterval: '5s',
        leaseDuration: '1m',
        stallAfter: '1h',
        clock,
        meter,
      });
      void consumer.run({ eachRecord });
      return consumer;
    },
    stop: (consumer) => settle(consumer.close({ drain: '1s' })),
    async ringing() {
      const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
      return MetricAlarms.map(({ AlarmName = '' }) => AlarmName).toSorted();
    },
    async notWell(...names) {
      const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [...names] }));
      const well = MetricAlarms.filter(({ StateValue }) => StateValue === 'OK');
      return names.filter((name) => !well.some(({ AlarmName }) => AlarmName === name));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await kinesis.close();
    },
  };
}

const timeout = 60_000;

test(
  'a consumer that stops is noticed by its silence, and nobody is alarmed before or after',
  { timeout },
  async () => {
    await using plant = await createPlant(2);
    const first = plant.start();
    await plant.run(20);
    expect(await plant.ringing()).toEqual([]);
    await plant.stop(first);
    await plant.run(22);
    expect(await plant.ringing()).toEqual(['ReaderLate']);
    const second = plant.start();
    await plant.run(5);
    expect(await plant.ringing()).toEqual([]);
    expect(await plant.notWell('ReaderLate')).toEqual([]);
    await plant.stop(second);
  },
);

test(
  'writes that a hot key has throttled are noticed, and forgotten when it has cooled',
  { timeout },
  async () => {
    await using plant = await createPlant(2);
    const consumer = plant.start();
    await plant.run(10);
    await plant.run(7, { records: 2500, key: 'hot' });
    expect(await plant.ringing()).toEqual(['PutRecordsThrottled', 'WritesThrottled']);
    await plant.run(7);
    expect(await plant.ringing()).toEqual([]);
    expect(await plant.notWell('PutRecordsThrottled', 'WritesThrottled')).toEqual([]);
    await plant.stop(consumer);
  },
);

test(
  'a record that always fails is noticed by the mapping though the function never throws',
  { timeout },
  async () => {
    let mended = false;
    const handler = async ({ Records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
      const bad = Records.find(({ kinesis }) => kinesis.data === poison && !mended);
      return { batchItemFailures: bad === undefined ? [] : [{ itemIdentifier: bad.kinesis.sequenceNumber }] };
    };
    await using plant = await createPlant(2);
    const { uuid } = await plant.kinesis.mapping('orders', handler, {
      function: { name: 'bill' },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MetricsConfig: { Metrics: ['EventCount'] },
    });
    await plant.watch(
      processorAlarms({ functionName: 'bill', mappingId: uuid, timeoutSeconds: 60, retentionHours: 24 }),
    );
    await plant.run(20);
    expect(await plant.ringing()).toEqual([]);
    await plant.run(1, { records: 1, data: 'poison' });
    await plant.run(25);
    expect(await plant.ringing()).toEqual(['ProcessorLate', 'RecordsFailing']);
    mended = true;
    await plant.run(10);
    expect(await plant.ringing()).toEqual([]);
    expect(await plant.notWell('ProcessorLate', 'RecordsFailing')).toEqual([]);
  },
);

test(
  'a worker that is stuck on one record is noticed by its group, which the other shards and other groups do not hide',
  { timeout },
  async () => {
    await using plant = await createPlant(2);
    await plant.watch(groupAlarms({ streamName: 'orders', group: 'billing', namespace: 'Shop' }));
    let stuck = false;
    const releases: (() => void)[] = [];
    const consumer = plant.start(() => {
      if (!stuck) return undefined;
      stuck = false;
      return new Promise((resolve) => {
        releases.push(resolve);
      });
    });
    await plant.run(20);
    expect(await plant.ringing()).toEqual([]);
    stuck = true;
    await plant.run(20);
    expect(await plant.ringing()).toEqual(['GroupLate']);
    for (const release of releases) release();
    await plant.run(5);
    expect(await plant.ringing()).toEqual([]);
    expect(await plant.notWell('GroupLate')).toEqual([]);
    await plant.stop(consumer);
    await plant.run(22);
    expect(await plant.ringing()).toEqual(['GroupLate', 'ReaderLate']);
  },
);

test(
  'a function that nears its timeout is noticed by its slowest tenth, and no other alarm goes off',
  { timeout },
  async () => {
    await using plant = await createPlant(2);
    let slow = false;
    const { uuid } = await plant.kinesis.mapping(
      'orders',
      async () => {
        if (slow) await sleep(plant.clock, 9000);
        return { batchItemFailures: [] };
      },
      {
        function: { name: 'bill', timeout: '10s' },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MetricsConfig: { Metrics: ['EventCount'] },
      },
    );
    await plant.watch(
      processorAlarms({ functionName: 'bill', mappingId: uuid, timeoutSeconds: 10, retentionHours: 24 }),
    );
    await plant.run(20);
    expect(await plant.ringing()).toEqual([]);
    slow = true;
    await plant.run(20);
    expect(await plant.ringing()).toEqual(['ProcessorSlow']);
    slow = false;
    await plant.run(5);
    expect(await plant.ringing()).toEqual([]);
    expect(await plant.notWell('ProcessorSlow')).toEqual([]);
  },
);
