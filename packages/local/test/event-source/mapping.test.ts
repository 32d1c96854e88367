import { describe, expect, test } from 'vitest';

import { mapOrders, openKit, queueArn, reporting, streamArn, toQueue, fails } from './kit.ts';

describe('§1.2 [event]', () => {
  test('a record as AWS gives it, its members in AWS’s order', async () => {
    await using kit = await openKit();
    await kit.clock.advance(123);
    const sequenceNumber = await kit.put('{"id":1}', 'ada');
    const seen: unknown[] = [];
    await mapOrders(kit, (_data, event) => void seen.push(structuredClone(event)));
    await kit.clock.settle();
    expect(JSON.stringify(seen[0])).toBe(
      JSON.stringify({
        Records: [
          {
            kinesis: {
              kinesisSchemaVersion: '1.0',
              partitionKey: 'ada',
              sequenceNumber,
              data: 'eyJpZCI6MX0=',
              approximateArrivalTimestamp: 1767225600.123,
            },
            eventSource: 'aws:kinesis',
            eventVersion: '1.0',
            eventID: `shardId-000000000000:${sequenceNumber}`,
            eventName: 'aws:kinesis:record',
            invokeIdentityArn: 'arn:aws:iam::000000000000:role/function-1',
            awsRegion: 'us-east-1',
            eventSourceARN: streamArn,
          },
        ],
      }),
    );
  });
});

test('smoke: poison to the queue', async () => {
  await using kit = await openKit();
  const mapped = await mapOrders(kit, (_data, event) => fails(event, 'bad'), {
    ...reporting,
    ...toQueue,
    MaximumRetryAttempts: 1,
  });
  for (const data of ['a', 'bad', 'c']) await kit.put(data);
  await kit.clock.advance(5000);
  expect(mapped.invocations).toEqual([
    ['a', 'bad', 'c'],
    ['bad', 'c'],
    ['bad', 'c'],
  ]);
  const lambda = await kit.kinesis.lambda();
  expect(lambda.destinations.messages(queueArn)).toHaveLength(1);
});
