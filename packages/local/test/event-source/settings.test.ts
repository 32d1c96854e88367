import { DeleteEventSourceMappingCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { describe, expect, test } from 'vitest';

import { account, openKit, queueArn, start, streamArn } from './kit.ts';
import { openLambda } from './lambda-kit.ts';

const plain = (output: object): object => {
  const { $metadata: _, ...members } = output as { $metadata: object };
  return members;
};

describe('a mapping', () => {
  test('[settings/response] [settings/defaults] [settings/window-not-required] is answered as recorded from AWS', async () => {
    await using door = await openLambda();
    const created = await door.create();
    expect(created.$metadata.httpStatusCode).toBe(202);
    expect(plain(created)).toEqual({
      BatchSize: 100,
      BisectBatchOnFunctionError: false,
      DestinationConfig: { OnFailure: {} },
      EventSourceArn: streamArn,
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:${account}:event-source-mapping:${created.UUID}`,
      FunctionArn: `arn:aws:lambda:us-east-1:${account}:function:bill`,
      FunctionResponseTypes: [],
      LastModified: new Date(start),
      LastProcessingResult: 'No records processed',
      MaximumBatchingWindowInSeconds: 0,
      MaximumRecordAgeInSeconds: -1,
      MaximumRetryAttempts: -1,
      ParallelizationFactor: 1,
      StartingPosition: 'TRIM_HORIZON',
      State: 'Creating',
      StateTransitionReason: 'User action',
      TumblingWindowInSeconds: 0,
      UUID: created.UUID,
    });
    expect(created.UUID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  test('[settings/states] [settings/mutable] goes through its states, and takes no change on the way', async () => {
    await using door = await openLambda();
    const { UUID } = await door.create();
    await door.clock.settle();
    expect(await door.get(UUID)).toMatchObject({ State: 'Enabled' });
    const updating = await door.update(UUID, { BatchSize: 7 });
    expect(updating).toMatchObject({ State: 'Updating', BatchSize: 7, StartingPosition: 'TRIM_HORIZON' });
    await door.clock.settle();
    const disabling = door.update(UUID, { Enabled: false });
    const refused = door.update(UUID, { BatchSize: 8 });
    expect(await disabling).toMatchObject({ State: 'Disabling' });
    await expect(refused).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: 'Cannot update the event source mapping because it is in use.',
    });
    await door.clock.settle();
    expect(await door.get(UUID)).toMatchObject({ State: 'Disabled', BatchSize: 7 });
    expect(await door.update(UUID, { Enabled: true })).toMatchObject({ State: 'Enabling' });
    await door.clock.settle();
    const deleting = await door.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    expect(deleting).toMatchObject({ State: 'Deleting' });
    await door.clock.settle();
    await expect(door.get(UUID)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
  test('[settings/states] is in a passing state for as long as it is told to', async () => {
    await using kit = await openKit();
    const mapped = kit.kinesis.mapping('orders', () => ({}), { choices: { transition: '30s' } });
    await kit.clock.advance(29_000);
    const { mappings } = await kit.kinesis.lambda();
    expect(mappings.list()[0]?.state).toBe('Creating');
    await kit.clock.advance(1000);
    expect((await mapped).state).toBe('Enabled');
  });
  test('[settings/qualifier] keeps the qualifier its function was named with', async () => {
    await using door = await openLambda();
    const arn = `arn:aws:lambda:us-east-1:${account}:function:bill`;
    for (const [given, stored] of [
      ['bill', arn],
      ['bill:live', `${arn}:live`],
      [`${account}:function:bill:7`, `${arn}:7`],
      [`${arn}:$LATEST`, `${arn}:$LATEST`],
    ] as const) {
      const created = await door.create({ FunctionName: given });
      expect(created.FunctionArn).toBe(stored);
    }
    const { EventSourceMappings = [] } = await door.lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: 'bill:live', EventSourceArn: streamArn }),
    );
    expect(EventSourceMappings.map(({ FunctionArn }) => FunctionArn)).toEqual([`${arn}:live`]);
  });
  test('[settings/kms] [settings/filters] with a key of its own shows no filters in a list', async () => {
    await using door = await openLambda();
    const FilterCriteria = { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] };
    const KMSKeyArn = `arn:aws:kms:us-east-1:${account}:key/1`;
    const created = await door.create({ FilterCriteria, KMSKeyArn });
    expect(created).toMatchObject({ FilterCriteria, KMSKeyArn });
    const listed = async () =>
      (await door.lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings?.[0]
        ?.FilterCriteria;
    expect(await listed()).toBeUndefined();
    await door.clock.settle();
    await door.update(created.UUID, { KMSKeyArn: '' });
    expect(await listed()).toEqual(FilterCriteria);
    await door.clock.settle();
    await door.update(created.UUID, { FilterCriteria: { Filters: [] } });
    expect(await listed()).toBeUndefined();
  });
  test('lists in pages', async () => {
    await using door = await openLambda();
    for (let count = 0; count < 3; count++) await door.create({ FunctionName: `bill:v${count}` });
    const first = await door.lambda.send(new ListEventSourceMappingsCommand({ MaxItems: 2 }));
    expect(first.EventSourceMappings).toHaveLength(2);
    const rest = await door.lambda.send(new ListEventSourceMappingsCommand({ Marker: first.NextMarker }));
    expect(rest.EventSourceMappings).toHaveLength(1);
    expect(rest.NextMarker).toBeUndefined();
  });
});

describe('refused as recorded from AWS', () => {
  test.each<readonly [string, object, readonly [string, number, string]]>([
    [
      '[errors/stream-not-found] a stream there is not',
      { EventSourceArn: `${streamArn}x` },
      ['InvalidParameterValueException', 400, `Stream not found: ${streamArn}x`],
    ],
    [
      '[errors/starting-position-missing] no starting position',
      { StartingPosition: undefined },
      [
        'InvalidParameterValueException',
        400,
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
      ],
    ],
    [
      '[errors/starting-position-unknown] an unknown starting position',
      { StartingPosition: 'NOW' },
      [
        'ValidationException',
        400,
        "1 validation error detected: Value 'NOW' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
      ],
    ],
    [
      '[errors/no-source] no source',
      { EventSourceArn: undefined },
      ['InvalidParameterValueException', 400, 'Unrecognized event source.'],
    ],
    [
      '[errors/unknown-function] a function there is not',
      { FunctionName: 'other' },
      ['InvalidParameterValueException', 400, 'Function does not exist'],
    ],
    [
      '[errors/on-success] a destination for success',
      { DestinationConfig: { OnSuccess: { Destination: queueArn } } },
      [
        'InvalidParameterValueException',
        400,
        'Unsupported DestinationConfig parameter for given event source mapping type.',
      ],
    ],
    [
      '[errors/bad-filter] a bad filter',
      { FilterCriteria: { Filters: [{ Pattern: '{"data":"x"}' }] } },
      ['InvalidParameterValueException', 400, 'Invalid filter pattern definition.'],
    ],
  ])('%s', async (_what, input, expected) => {
    await using door = await openLambda();
    expect(await door.failure(input)).toEqual(expected);
  });
  test('[errors/mapped-twice] the same stream and function twice', async () => {
    await using door = await openLambda();
    const { UUID } = await door.create();
    expect(await door.failure({})).toEqual([
      'ResourceConflictException',
      409,
      `The event source arn (" ${streamArn} ") and function (" bill ") provided mapping already exists. ` +
        `Please update or delete the existing mapping with UUID ${UUID}`,
    ]);
  });
  test('[errors/unknown-uuid] a mapping there is not', async () => {
    await using door = await openLambda();
    const UUID = '00000000-0000-4000-8000-000000000000';
    for (const call of [
      door.get(UUID),
      door.update(UUID, {}),
      door.lambda.send(new DeleteEventSourceMappingCommand({ UUID })),
    ]) {
      await expect(call).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: 'The resource you requested does not exist.',
      });
    }
  });
});

describe('[settings/ranges] a value outside of its range is refused by name and bound:', () => {
  test.each([
    ['BatchSize', 0, 'greater than or equal to 1'],
    ['BatchSize', 10_001, 'less than or equal to 10000'],
    ['MaximumBatchingWindowInSeconds', -1, 'greater than or equal to 0'],
    ['MaximumBatchingWindowInSeconds', 301, 'less than or equal to 300'],
    ['ParallelizationFactor', 0, 'greater than or equal to 1'],
    ['ParallelizationFactor', 11, 'less than or equal to 10'],
    ['MaximumRetryAttempts', -2, 'greater than or equal to -1'],
    ['MaximumRetryAttempts', 10_001, 'less than or equal to 10000'],
    ['MaximumRecordAgeInSeconds', -2, 'greater than or equal to -1'],
    ['MaximumRecordAgeInSeconds', 604_801, 'less than or equal to 604800'],
    ['TumblingWindowInSeconds', -1, 'greater than or equal to 0'],
    ['TumblingWindowInSeconds', 901, 'less than or equal to 900'],
  ])('%s %i', async (name, value, bound) => {
    await using door = await openLambda();
    const member = name.charAt(0).toLowerCase() + name.slice(1);
    expect(await door.failure({ [name]: value })).toEqual([
      'ValidationException',
      400,
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ` +
        `Member must have value ${bound}`,
    ]);
  });
  test.each<readonly [string, object, string]>([
    [
      'two at a time',
      { BatchSize: 0, ParallelizationFactor: 11 },
      "2 validation errors detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '11' at 'parallelizationFactor' failed to satisfy constraint: Member must have value less than or equal to 10",
    ],
    [
      'a response type there is not',
      { FunctionResponseTypes: ['All'] },
      "1 validation error detected: Value '[All]' at 'functionResponseTypes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]",
    ],
    [
      'a source that is no ARN',
      { EventSourceArn: 'orders' },
      String.raw`1 validation error detected: Value 'orders' at 'eventSourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)`,
    ],
    [
      'a destination that is no ARN',
      { DestinationConfig: { OnFailure: { Destination: 'queue' } } },
      String.raw`1 validation error detected: Value 'queue' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: $|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)`,
    ],
    [
      'a function that is no name',
      { FunctionName: '*' },
      String.raw`1 validation error detected: Value '*' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`,
    ],
    [
      'a key that is no ARN',
      { KMSKeyArn: 'key' },
      "1 validation error detected: Value 'key' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()",
    ],
  ])('%s, in the service’s form', async (_what, input, message) => {
    await using door = await openLambda();
    expect(await door.failure(input)).toEqual(['ValidationException', 400, message]);
  });
  test('and the bounds themselves are not', async () => {
    await using door = await openLambda();
    const lowest = { BatchSize: 1, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1 };
    const highest = {
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 300,
      ParallelizationFactor: 10,
      MaximumRetryAttempts: 10_000,
      MaximumRecordAgeInSeconds: 604_800,
    };
    expect(await door.create({ ...lowest, FunctionName: 'bill:a' })).toMatchObject(lowest);
    expect(await door.create({ ...highest, FunctionName: 'bill:b' })).toMatchObject(highest);
    expect(await door.create({ TumblingWindowInSeconds: 900, FunctionName: 'bill:c' })).toMatchObject({
      TumblingWindowInSeconds: 900,
    });
  });
});

describe('refused, in our words where AWS’s are not known:', () => {
  test.each<readonly [string, object, string]>([
    ['[settings/record-age] a record age of 0', { MaximumRecordAgeInSeconds: 0 }, 'at least 60'],
    ['[settings/record-age] a record age of 59', { MaximumRecordAgeInSeconds: 59 }, 'at least 60'],
    [
      '[settings/metrics] metrics of Kafka',
      { MetricsConfig: { Metrics: ['ErrorCount'] } },
      'Unsupported MetricsConfig parameter',
    ],
    [
      '[settings/not-kinesis] a destination of Kafka',
      { DestinationConfig: { OnFailure: { Destination: 'kafka://topic' } } },
      'Unsupported destination',
    ],
    [
      '[settings/destination] a destination that is no queue, topic or bucket',
      { DestinationConfig: { OnFailure: { Destination: `arn:aws:lambda:us-east-1:${account}:function:f` } } },
      'Unsupported destination',
    ],
    [
      '[settings/destination] a queue whose ARN lacks its region',
      { DestinationConfig: { OnFailure: { Destination: `arn:aws:sqs::${account}:failures` } } },
      'Unsupported destination',
    ],
    [
      '[settings/destination] a bucket without a name',
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::' } } },
      'Unsupported destination',
    ],
    [
      '[start/timestamp] a starting time to come',
      { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: new Date(start + 1000) },
      'must not be in the future',
    ],
    [
      '[start/timestamp] no starting time where one is needed',
      { StartingPosition: 'AT_TIMESTAMP' },
      'StartingPositionTimestamp is required',
    ],
    [
      '[start/timestamp] a starting time where none is',
      { StartingPositionTimestamp: new Date(start) },
      'only when StartingPosition is AT_TIMESTAMP',
    ],
    [
      '[window/parallel] tumbling windows in lanes',
      { TumblingWindowInSeconds: 60, ParallelizationFactor: 2 },
      'cannot be used together',
    ],
    [
      '[settings/filters] more filters than the quota',
      { FilterCriteria: { Filters: Array.from({ length: 11 }, () => ({ Pattern: '{"data":{"a":[1]}}' })) } },
      'at most 10',
    ],
  ])('%s', async (_what, input, message) => {
    await using door = await openLambda();
    expect(await door.failure(input)).toEqual([
      'InvalidParameterValueException',
      400,
      expect.stringContaining(message),
    ]);
  });
  test.each<readonly [string, unknown]>([
    ['AmazonManagedKafkaEventSourceConfig', { ConsumerGroupId: 'group' }],
    ['DocumentDBEventSourceConfig', { DatabaseName: 'shop' }],
    ['LoggingConfig', { SystemLogLevel: 'DEBUG' }],
    ['ProvisionedPollerConfig', { MinimumPollers: 1 }],
    ['Queues', ['queue']],
    ['ScalingConfig', { MaximumConcurrency: 2 }],
    ['SelfManagedEventSource', { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['kafka:9092'] } }],
    ['SelfManagedKafkaEventSourceConfig', { ConsumerGroupId: 'group' }],
    ['SourceAccessConfigurations', [{ Type: 'VPC_SUBNET', URI: 'subnet:subnet-1' }]],
    ['Topics', ['topic']],
  ])('[settings/not-kinesis] %s', async (name, value) => {
    await using door = await openLambda();
    expect(await door.failure({ [name]: value })).toEqual([
      'InvalidParameterValueException',
      400,
      `Unsupported ${name} parameter for given event source mapping type.`,
    ]);
  });
  test('[settings/record-age] [settings/metrics] but not 60 seconds, nor EventCount', async () => {
    await using door = await openLambda();
    const input = { MaximumRecordAgeInSeconds: 60, MetricsConfig: { Metrics: ['EventCount' as const] } };
    expect(await door.create(input)).toMatchObject(input);
  });
  test('a value of another kind, by the service’s deserialiser', async () => {
    await using door = await openLambda();
    expect(await door.failure({ BatchSize: 'many' })).toEqual([
      'SerializationException',
      400,
      expect.any(String),
    ]);
  });
  test('by a program with AWS’s words, and the reason', async () => {
    await using kit = await openKit();
    const mapped = kit.kinesis.mapping('orders', () => ({}), {
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[]}}' }] },
    });
    await expect(mapped).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message:
        'The mapping cannot be made: InvalidParameterValueException: Invalid filter pattern definition. data.a has an empty list of values',
    });
  });
});
