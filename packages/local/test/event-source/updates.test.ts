import { describe, expect, test } from 'vitest';

import type { KinesisEvent } from '../../src/event-source/event.ts';
import type { MappingEvent } from '../../src/event-source/mapping-event.ts';
import { account, dataOf, mapOrders, openKit, queueArn, streamArn } from './kit.ts';
import { failureOf, openLambda } from './lambda-kit.ts';

const functionArn = `arn:aws:lambda:us-east-1:${account}:function:bill`;

describe('an update', () => {
  test.each<readonly [object, object?]>([
    [{ FunctionName: 'bill:live' }, { FunctionArn: `${functionArn}:live` }],
    [{ BatchSize: 7 }],
    [{ MaximumBatchingWindowInSeconds: 5 }],
    [{ ParallelizationFactor: 3 }],
    [{ MaximumRetryAttempts: 4 }],
    [{ MaximumRecordAgeInSeconds: 60 }],
    [{ BisectBatchOnFunctionError: true }],
    [{ FunctionResponseTypes: ['ReportBatchItemFailures'] }],
    [{ DestinationConfig: { OnFailure: { Destination: queueArn } } }],
    [{ FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] } }],
    [{ KMSKeyArn: `arn:aws:kms:us-east-1:${account}:key/1` }],
    [{ TumblingWindowInSeconds: 30 }],
    [{ MetricsConfig: { Metrics: ['EventCount'] } }],
    [{ Enabled: false }, { State: 'Disabled' }],
  ])(
    '[settings/mutable] changes %j and nothing else, and the next one leaves it',
    async (input = {}, shown = input) => {
      await using door = await openLambda();
      const { UUID } = await door.create();
      await door.clock.settle();
      const { $metadata: _before, LastModified: made, ...before } = await door.get(UUID);
      await door.clock.advance(1000);
      const answered = await door.update(UUID, input);
      expect(answered.$metadata.httpStatusCode).toBe(202);
      await door.clock.settle();
      const { $metadata: _after, LastModified: changed, ...after } = await door.get(UUID);
      expect(after).toEqual({ ...before, ...shown });
      expect(Number(changed) - Number(made)).toBe(1000);
      await door.update(UUID, {});
      await door.clock.settle();
      expect(await door.get(UUID)).toMatchObject(after);
    },
  );
  test.each<readonly [object, object, object]>([
    [
      { DestinationConfig: { OnFailure: { Destination: queueArn } } },
      { DestinationConfig: { OnFailure: { Destination: '' } } },
      { DestinationConfig: { OnFailure: {} } },
    ],
    [
      { FunctionResponseTypes: ['ReportBatchItemFailures'] },
      { FunctionResponseTypes: [] },
      { FunctionResponseTypes: [] },
    ],
    [
      { FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] } },
      { FilterCriteria: {} },
      { FilterCriteria: undefined },
    ],
    [
      { MetricsConfig: { Metrics: ['EventCount'] } },
      { MetricsConfig: { Metrics: [] } },
      { MetricsConfig: { Metrics: [] } },
    ],
  ])('[settings/mutable] takes away what was %j', async (made, input, shown) => {
    await using door = await openLambda();
    const { UUID } = await door.create(made);
    await door.clock.settle();
    await door.update(UUID, input);
    const after = await door.get(UUID);
    const names = Object.keys(shown) as (keyof typeof after)[];
    expect(Object.fromEntries(names.map((name) => [name, after[name]]))).toEqual(shown);
  });
  test('[settings/mutable] does not move its source or its starting position, whatever it says of them', async () => {
    await using door = await openLambda();
    const { UUID } = await door.create({ StartingPosition: 'LATEST' });
    await door.clock.settle();
    const { mappings } = await door.kinesis.lambda();
    // The SDK leaves them out; a request of another hand may have them.
    mappings.update(UUID ?? '', {
      EventSourceArn: `${streamArn}x`,
      StartingPosition: 'TRIM_HORIZON',
      StartingPositionTimestamp: 0,
      BatchSize: 3,
    });
    const { StartingPosition, StartingPositionTimestamp, EventSourceArn, BatchSize } = await door.get(UUID);
    expect({ StartingPosition, StartingPositionTimestamp, EventSourceArn, BatchSize }).toEqual({
      StartingPosition: 'LATEST',
      StartingPositionTimestamp: undefined,
      EventSourceArn: streamArn,
      BatchSize: 3,
    });
  });
  test('[poll/position] to another function goes on with it where the one before ended', async () => {
    const seen: string[] = [];
    const hear = (name: string) => (event: KinesisEvent) =>
      void seen.push(`${name} ${dataOf(event).join('')}`);
    await using door = await openLambda({ functions: { old: hear('old'), new: hear('new') } });
    await door.put('a');
    const { UUID } = await door.create({ FunctionName: 'old' });
    await door.clock.settle();
    await door.update(UUID, { FunctionName: 'new' });
    await door.put('b');
    await door.clock.advance(1000);
    expect(seen).toEqual(['old a', 'new b']);
  });
  test('[poll/position] to other lanes and filters delivers what was not done by them, and that alone', async () => {
    await using kit = await openKit();
    let broken = true;
    const { invocations, mapping } = await mapOrders(
      kit,
      () => {
        if (broken) throw new Error('broken');
      },
      { BatchSize: 1 },
    );
    for (const n of [1, 2, 3, 4]) await kit.put(JSON.stringify({ n }));
    await kit.clock.advance(1000);
    expect(new Set(invocations.flat())).toEqual(new Set(['{"n":1}']));
    broken = false;
    const before = invocations.length;
    await mapping.update({
      ParallelizationFactor: 2,
      BatchSize: 10,
      FilterCriteria: {
        Filters: [{ Pattern: '{"data":{"n":[1,3,4]}}' }],
      },
    });
    await kit.clock.settle();
    expect(invocations.slice(before).flat().toSorted()).toEqual(['{"n":1}', '{"n":3}', '{"n":4}']);
  });
  test('of one that is Disabled leaves it so', async () => {
    await using door = await openLambda();
    const { UUID } = await door.create({ Enabled: false });
    await door.clock.settle();
    expect(await door.update(UUID, { BatchSize: 3 })).toMatchObject({ State: 'Updating' });
    await door.clock.settle();
    expect(await door.get(UUID)).toMatchObject({ State: 'Disabled', BatchSize: 3 });
  });
});

test.each(['us-east-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1'])(
  'a mapping can be made in %s',
  async (region) => {
    await using kit = await openKit({ region });
    const { mapping } = await mapOrders(kit, () => ({}));
    expect(mapping.settings.EventSourceArn).toBe(streamArn.replace('us-east-1', region));
  },
);
test('a mapping in a region that AWS could not have is refused by its name', async () => {
  await using kit = await openKit({ region: 'localhost' });
  await expect(mapOrders(kit, () => ({}))).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining('region is "localhost"') as unknown,
  });
});

describe('[errors/update] refused in an update as in a CreateEventSourceMapping:', () => {
  test.each<readonly [string, object, string, string]>([
    [
      '[errors/unknown-function]',
      { FunctionName: 'other' },
      'InvalidParameterValueException',
      'Function does not exist',
    ],
    [
      '[errors/on-success]',
      { DestinationConfig: { OnSuccess: { Destination: queueArn } } },
      'InvalidParameterValueException',
      'Unsupported DestinationConfig parameter for given event source mapping type.',
    ],
    [
      '[errors/bad-filter]',
      { FilterCriteria: { Filters: [{ Pattern: '{"data":"x"}' }] } },
      'InvalidParameterValueException',
      'Invalid filter pattern definition.',
    ],
    [
      '[settings/not-kinesis]',
      { ScalingConfig: { MaximumConcurrency: 2 } },
      'InvalidParameterValueException',
      'Unsupported ScalingConfig parameter for given event source mapping type.',
    ],
    [
      '[settings/record-age]',
      { MaximumRecordAgeInSeconds: 59 },
      'InvalidParameterValueException',
      'MaximumRecordAgeInSeconds must be -1 or at least 60.',
    ],
    [
      '[settings/ranges]',
      { ParallelizationFactor: 11 },
      'ValidationException',
      "1 validation error detected: Value '11' at 'parallelizationFactor' failed to satisfy constraint: Member must have value less than or equal to 10",
    ],
  ])('%s %j', async (_rule, input, name, message) => {
    await using door = await openLambda();
    const { UUID } = await door.create();
    await door.clock.settle();
    const before = await door.get(UUID);
    expect(await failureOf(door.update(UUID, input))).toEqual([name, 400, message]);
    const { $metadata: _, ...untouched } = before;
    expect(await door.get(UUID)).toMatchObject({ ...untouched, State: 'Enabled' });
  });
  test('[errors/mapped-twice] a function that another mapping gives the stream to, but not its own', async () => {
    await using door = await openLambda();
    const first = await door.create();
    const second = await door.create({ FunctionName: 'bill:live' });
    await door.clock.settle();
    expect(await failureOf(door.update(second.UUID, { FunctionName: functionArn }))).toEqual([
      'ResourceConflictException',
      409,
      `The event source arn (" ${streamArn} ") and function (" bill ") provided mapping already exists. ` +
        `Please update or delete the existing mapping with UUID ${first.UUID}`,
    ]);
    expect(await door.get(second.UUID)).toMatchObject({
      State: 'Enabled',
      FunctionArn: `${functionArn}:live`,
    });
    expect(await door.update(second.UUID, { FunctionName: 'bill:live' })).toMatchObject({
      State: 'Updating',
    });
  });
  test('[settings/ranges] what breaks the model before it is looked for, or waited for', async () => {
    await using door = await openLambda();
    const broken = ['ValidationException', 400, expect.stringContaining("'batchSize'")];
    const UUID = '00000000-0000-4000-8000-000000000000';
    expect(await failureOf(door.update(UUID, { BatchSize: 0 }))).toEqual(broken);
    const created = await door.create();
    expect(created.State).toBe('Creating');
    expect(await failureOf(door.update(created.UUID, { BatchSize: 0 }))).toEqual(broken);
  });
});

const filters = (count: number) => ({
  FilterCriteria: {
    Filters: Array.from({ length: count }, (_, n) => ({ Pattern: `{"data":{"n":[${n}]}}` })),
  },
});
const warnings = (events: readonly MappingEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

describe('[settings/filters] more filters than five', () => {
  test('are made use of and warned of, whenever they come', async () => {
    await using kit = await openKit();
    const { invocations, mapping, events } = await mapOrders(kit, () => ({}), filters(5));
    expect(warnings(events)).toEqual([]);
    await mapping.update(filters(6));
    expect(warnings(events)).toEqual(['more than 5 filters need a quota raised by AWS']);
    for (const n of [4, 5, 6]) await kit.put(`{"n":${n}}`);
    await kit.clock.advance(1000);
    expect(invocations).toEqual([['{"n":4}', '{"n":5}']]);
  });
  test('are refused with enforceLimits, made and updated', async () => {
    await using door = await openLambda({ enforceLimits: true });
    const refused = [
      'InvalidParameterValueException',
      400,
      'FilterCriteria has 6 filters; a mapping has at most 5.',
    ];
    expect(await door.failure(filters(6))).toEqual(refused);
    const { UUID } = await door.create(filters(5));
    await door.clock.settle();
    expect(await failureOf(door.update(UUID, filters(6)))).toEqual(refused);
  });
});

describe('[settings/states] a mapping on its way', () => {
  test.each<readonly [string, readonly (object | 'delete')[]]>([
    ['Creating', []],
    ['Updating', [{ BatchSize: 2 }]],
    ['Disabling', [{ Enabled: false }]],
    ['Enabling', [{ Enabled: false }, { Enabled: true }]],
    ['Deleting', ['delete']],
  ])('%s is shown, listed, and neither updated nor deleted', async (state, way) => {
    await using door = await openLambda();
    const { mappings } = await door.kinesis.lambda();
    const { uuid } = mappings.create(
      { FunctionName: 'bill', EventSourceArn: streamArn, StartingPosition: 'LATEST' },
      { transition: '30s' },
    );
    for (const step of way) {
      await door.clock.advance(30_000);
      if (step === 'delete') mappings.delete(uuid);
      else mappings.update(uuid, step);
    }
    await door.clock.advance(29_000);
    expect(await door.get(uuid)).toMatchObject({ State: state });
    expect((await door.list()).EventSourceMappings).toMatchObject([{ State: state }]);
    expect(await failureOf(door.update(uuid, { BatchSize: 9 }))).toEqual([
      'ResourceInUseException',
      400,
      'Cannot update the event source mapping because it is in use.',
    ]);
    expect(await failureOf(door.remove(uuid))).toEqual([
      'ResourceInUseException',
      400,
      'Cannot delete the event source mapping because it is in use.',
    ]);
    expect(await failureOf(door.create())).toEqual([
      'ResourceConflictException',
      409,
      expect.stringContaining(`UUID ${uuid}`),
    ]);
  });
});

describe('a list', () => {
  test('[settings/list] is of a source, of a function, of both; of a function there is not, an error', async () => {
    await using door = await openLambda({ streams: { orders: {}, copies: {} } });
    const copies = streamArn.replace('orders', 'copies');
    await door.create();
    await door.create({ FunctionName: 'bill:live' });
    await door.create({ EventSourceArn: copies });
    const list = async (input: object) =>
      (await door.list(input)).EventSourceMappings?.map(({ EventSourceArn, FunctionArn }) =>
        [EventSourceArn, FunctionArn].map((arn) => arn?.split(/[:/]/).at(-1)).join(' '),
      );
    expect(await list({})).toEqual(['orders bill', 'orders live', 'copies bill']);
    expect(await list({ EventSourceArn: copies })).toEqual(['copies bill']);
    expect(await list({ FunctionName: functionArn })).toEqual(['orders bill', 'copies bill']);
    expect(await list({ FunctionName: 'bill:live' })).toEqual(['orders live']);
    expect(await list({ FunctionName: 'bill', EventSourceArn: streamArn })).toEqual(['orders bill']);
    expect(await list({ FunctionName: 'bill:other' })).toEqual([]);
    expect(await list({ EventSourceArn: `${streamArn}x` })).toEqual([]);
    expect(await failureOf(door.list({ FunctionName: 'other' }))).toEqual([
      'ResourceNotFoundException',
      404,
      'Function not found: other',
    ]);
    expect(await failureOf(door.list({ FunctionName: '*' }))).toEqual([
      'ValidationException',
      400,
      expect.stringContaining("Value '*' at 'functionName' failed to satisfy constraint"),
    ]);
  });
});
