import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from 'vitest';

import type { MappingOptions } from '../../src/index.ts';
import { fails, mapOrders, openKit, queueArn, reporting, start, throwing, toQueue, type Kit } from './kit.ts';

const counting: MappingOptions = { MetricsConfig: { Metrics: ['EventCount'] } };
const bill: MappingOptions = { function: { name: 'bill' } };

/** `Sum of samples`, or undefined when there was none. */
async function metric(kit: Kit, name: string, dimension: readonly [string, string]) {
  const cloudwatch = new CloudWatchClient(kit.kinesis.clientConfig);
  const { Datapoints = [] } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/Lambda',
      MetricName: name,
      Dimensions: [{ Name: dimension[0], Value: dimension[1] }],
      StartTime: new Date(start),
      EndTime: new Date(start + 172_800_000),
      Period: 172_800,
      Statistics: ['Sum', 'Maximum', 'SampleCount'],
    }),
  );
  return Datapoints[0];
}

describe('[metrics/function] a function', () => {
  test('is counted by its invocations, errors, throttles, duration, concurrency and the age of what it gets', async () => {
    await using kit = await openKit();
    await kit.put('a');
    await kit.clock.advance(5000);
    await kit.put('b');
    await kit.clock.advance(2000);
    let left = 2;
    await mapOrders(
      kit,
      async () => {
        await new Promise<void>((resolve) => kit.clock.timer(100, resolve));
        if (left-- > 0) throw new Error('not yet');
      },
      bill,
    );
    await kit.clock.advance(2000);
    const of = async (name: string) => metric(kit, name, ['FunctionName', 'bill']);
    expect(await of('Invocations')).toMatchObject({ Sum: 3, Unit: 'Count' });
    expect(await of('Errors')).toMatchObject({ Sum: 2, SampleCount: 3 });
    expect(await of('Throttles')).toMatchObject({ Sum: 0, SampleCount: 3 });
    expect(await of('Duration')).toMatchObject({ Sum: 300, Unit: 'Milliseconds' });
    expect(await of('ConcurrentExecutions')).toMatchObject({ Maximum: 1 });
    // Of the last record, when it was sent: two seconds, then 350 and 850 milliseconds more.
    expect(await of('IteratorAge')).toMatchObject({ Sum: 2000 + 2350 + 2950, Unit: 'Milliseconds' });
  });
  test('[destination/failure] is counted when its failures cannot be delivered', async () => {
    await using kit = await openKit();
    const { destinations } = await kit.kinesis.lambda();
    destinations.break(queueArn, 'AccessDenied');
    await kit.put('a');
    const { mapping } = await mapOrders(kit, throwing, {
      ...bill,
      ...counting,
      ...toQueue,
      MaximumRetryAttempts: 0,
    });
    await kit.clock.settle();
    expect(await metric(kit, 'DestinationDeliveryFailures', ['FunctionName', 'bill'])).toMatchObject({
      Sum: 1,
    });
    const mine = ['EventSourceMappingUUID', mapping.uuid] as const;
    expect(await metric(kit, 'DroppedEventCount', mine)).toMatchObject({ Sum: 1 });
    expect(await metric(kit, 'OnFailureDestinationDeliveredEventCount', mine)).toBeUndefined();
  });
  test('is throttled when it may run no more at a time', async () => {
    await using kit = await openKit();
    await kit.put('a');
    await mapOrders(kit, () => ({}), { function: { name: 'bill', concurrency: 0 } });
    await kit.clock.settle();
    expect(await metric(kit, 'Throttles', ['FunctionName', 'bill'])).toMatchObject({ Sum: 1 });
    expect(await metric(kit, 'Invocations', ['FunctionName', 'bill'])).toBeUndefined();
  });
});

describe('[metrics/events] a mapping', () => {
  test('that asks for EventCount is counted by events', async () => {
    await using kit = await openKit();
    for (const data of ['{"a":1}', '{"a":2}', 'bad', '{"a":3}']) await kit.put(data);
    const { mapping } = await mapOrders(kit, (_data, event) => fails(event, '{"a":2}'), {
      ...counting,
      ...reporting,
      ...toQueue,
      MaximumRetryAttempts: 0,
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[{"exists":true}]}}' }] },
    });
    await kit.clock.advance(1000);
    const of = (name: string) => metric(kit, name, ['EventSourceMappingUUID', mapping.uuid]);
    // An empty poll counts with 0.
    expect(await of('PolledEventCount')).toMatchObject({ Sum: 4, SampleCount: 2 });
    expect(await of('FilteredOutEventCount')).toMatchObject({ Sum: 1 });
    // Three, then the two that were not done, once more.
    expect(await of('InvokedEventCount')).toMatchObject({ Sum: 5 });
    expect(await of('FailedInvokeEventCount')).toMatchObject({ Sum: 4 });
    expect(await of('OnFailureDestinationDeliveredEventCount')).toMatchObject({ Sum: 2 });
    expect(await of('DroppedEventCount')).toBeUndefined();
  });
  test('has dropped what no destination took, and not what its stream keeps no longer', async () => {
    await using kit = await openKit();
    for (const data of ['a', 'b']) await kit.put(data);
    const slow = { pollInterval: '1h', shardInterval: '1d', backoff: { longest: '1h' } } as const;
    const failing = { ...counting, choices: slow };
    const dropping = await mapOrders(kit, throwing, { ...failing, MaximumRetryAttempts: 0 });
    const keeping = await mapOrders(kit, throwing, failing);
    const old = await mapOrders(kit, throwing, { ...failing, MaximumRecordAgeInSeconds: 60 });
    await kit.clock.advance(86_400_001);
    const dropped = async ({ mapping }: { readonly mapping: { readonly uuid: string } }) =>
      (await metric(kit, 'DroppedEventCount', ['EventSourceMappingUUID', mapping.uuid]))?.Sum;
    expect(keeping.drops()).toMatchObject([{ records: 2, condition: 'RetentionExpired' }]);
    expect([await dropped(dropping), await dropped(old), await dropped(keeping)]).toEqual([2, 2, undefined]);
  });
  test('that does not ask is not, and none is while it is disabled', async () => {
    await using kit = await openKit();
    await kit.put('a');
    const silent = await mapOrders(kit, () => ({}));
    const paused = await mapOrders(kit, () => ({}), { ...counting, Enabled: false });
    await kit.clock.advance(5000);
    for (const { mapping } of [silent, paused]) {
      expect(await metric(kit, 'PolledEventCount', ['EventSourceMappingUUID', mapping.uuid])).toBeUndefined();
    }
  });
});
