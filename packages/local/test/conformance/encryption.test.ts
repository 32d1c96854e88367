import { expect, test } from 'vitest';

import type { KmsKeyState } from '../../src/index.ts';
import { through, streamArn, type Door } from './door.ts';

const key = 'alias/orders';
const start = (KeyId: string): object => ({ StreamName: 's', EncryptionType: 'KMS', KeyId });
const record = { Data: Buffer.from('x'), PartitionKey: 'k' };

const read = async (door: Door) => {
  const { ShardIterator } = await door.call('GetShardIterator', {
    StreamName: 's',
    ShardId: 'shardId-000000000000',
    ShardIteratorType: 'TRIM_HORIZON',
  });
  return door.call('GetRecords', { ShardIterator });
};

const states: readonly (readonly [KmsKeyState, string])[] = [
  ['disabled', 'KMSDisabledException: arn:aws:kms:us-east-1:000000000000:alias/orders is disabled.'],
  [
    'denied',
    'KMSAccessDeniedException: User is not authorized to perform: kms:GenerateDataKey on resource: ',
  ],
  ['missing', 'KMSNotFoundException: Alias arn:aws:kms:us-east-1:000000000000:alias/orders is not found.'],
  ['invalid-state', 'KMSInvalidStateException: arn:aws:kms:us-east-1:000000000000:alias/orders is pending'],
  ['opt-in-required', 'KMSOptInRequired: The AWS Access Key Id needs a subscription for the service.'],
  ['throttled', 'KMSThrottlingException: '],
];

test(
  'StartStreamEncryption [happy path] shows in descriptions, puts and gets from then on',
  through(async (door) => {
    await door.call('PutRecord', { StreamName: 's', ...record });
    await door.clock.advance(10);
    await door.call('StartStreamEncryption', start(key));
    const encrypted = { EncryptionType: 'KMS', KeyId: key };
    expect(await door.call('DescribeStream', { StreamName: 's' })).toMatchObject({
      StreamDescription: encrypted,
    });
    expect(await door.call('DescribeStreamSummary', { StreamName: 's' })).toMatchObject({
      StreamDescriptionSummary: encrypted,
    });
    expect(await door.call('PutRecord', { StreamName: 's', ...record })).toHaveProperty(
      'EncryptionType',
      'KMS',
    );
    expect(await door.call('PutRecords', { StreamName: 's', Records: [record] })).toMatchObject({
      EncryptionType: 'KMS',
      Records: [{}],
    });
    const { Records } = await read(door);
    expect(Records.map((one) => one.EncryptionType)).toEqual([undefined, 'KMS', 'KMS']);
  }),
);
test(
  'StartStreamEncryption [states] begins when the stream is ACTIVE again',
  through(
    async (door) => {
      await door.call('StartStreamEncryption', start(key));
      expect(await door.call('PutRecord', { StreamName: 's', ...record })).not.toHaveProperty(
        'EncryptionType',
      );
      await door.clock.advance(1000);
      expect(await door.call('PutRecord', { StreamName: 's', ...record })).toHaveProperty('EncryptionType');
    },
    { updateStreamTime: 1000 },
  ),
);
test(
  'StartStreamEncryption [limits] takes 25 keys in 24 hours',
  through(
    async (door) => {
      for (let count = 0; count < 25; count++) {
        await door.call('StartStreamEncryption', start(`alias/k${count}`));
        await door.clock.advance(1000);
      }
      expect(await door.failure('StartStreamEncryption', start(key))).toMatch(
        /^LimitExceededException: .*25 times/,
      );
    },
    { enforceLimits: true },
  ),
);
test(
  'StopStreamEncryption [happy path] ends it, and leaves records encrypted that were',
  through(async (door) => {
    await door.call('StartStreamEncryption', start(key));
    await door.call('PutRecord', { StreamName: 's', ...record });
    await door.clock.advance(10);
    await door.call('StopStreamEncryption', start(key));
    expect(await door.call('PutRecord', { StreamName: 's', ...record })).not.toHaveProperty('EncryptionType');
    const { Records } = await read(door);
    expect(Records.map((one) => one.EncryptionType)).toEqual(['KMS', undefined]);
    const { StreamDescriptionSummary } = await door.call('DescribeStreamSummary', { StreamName: 's' });
    expect(StreamDescriptionSummary.EncryptionType).toBe('NONE');
    expect(StreamDescriptionSummary).not.toHaveProperty('KeyId');
  }),
);
for (const operation of ['StartStreamEncryption', 'StopStreamEncryption']) {
  test(
    `${operation} [validation] knows the encryption type KMS`,
    through(async (door) => {
      expect(await door.failure(operation, { ...start(key), EncryptionType: 'AES' })).toBe(
        "ValidationException: 1 validation error detected: Value 'AES' at 'encryptionType' failed to satisfy constraint: " +
          'Member must satisfy enum value set: [NONE, KMS]',
      );
      expect(await door.failure(operation, { ...start(key), EncryptionType: 'NONE' })).toMatch(
        /^InvalidArgument/,
      );
    }),
  );
}
test(
  'StartStreamEncryption [KMS] takes key ids, aliases and their ARNs, and nothing else',
  through(async (door) => {
    const arn = 'arn:aws:kms:us-east-1:000000000000';
    const id = '12345678-1234-1234-1234-123456789012';
    for (const good of [id, `${arn}:key/${id}`, `${arn}:alias/x`, 'alias/x', 'alias/aws/kinesis']) {
      await door.call('StartStreamEncryption', start(good));
    }
    expect(await door.failure('StartStreamEncryption', start('x'))).toBe(
      'KMSNotFoundException: Invalid keyId x',
    );
  }),
);
for (const [state, message] of states) {
  test(
    `StartStreamEncryption [KMS] fails for a key that is ${state}`,
    through(
      async (door) => {
        expect(await door.failure('StartStreamEncryption', start(key))).toContain(message);
        const { StreamDescriptionSummary } = await door.call('DescribeStreamSummary', { StreamName: 's' });
        expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE', EncryptionType: 'NONE' });
        await expect(door.call('StartStreamEncryption', start('alias/other'))).resolves.toBeTypeOf('object');
      },
      { kmsKeys: { [key]: state } },
    ),
  );
}
for (const [operation, input] of [
  ['PutRecord', record],
  ['PutRecords', { Records: [record] }],
] as const) {
  test(
    `${operation} [KMS] fails while the key of the stream does not work`,
    through(async (door) => {
      await door.call('StartStreamEncryption', start(key));
      for (const [state, message] of states) {
        door.kinesis.engine.kms.mark(key, state);
        expect(await door.failure(operation, { StreamName: 's', ...input })).toContain(message);
      }
      door.kinesis.engine.kms.mark(key, undefined);
      await expect(door.call(operation, { StreamName: 's', ...input })).resolves.toBeTypeOf('object');
    }),
  );
}
test(
  'GetRecords [KMS] fails for records whose key does not work, and only for them',
  through(async (door) => {
    await door.call('StartStreamEncryption', start(key));
    await door.call('PutRecord', { StreamName: 's', ...record });
    await door.clock.advance(10);
    await door.call('StopStreamEncryption', start(key));
    door.kinesis.engine.kms.mark('arn:aws:kms:us-east-1:000000000000:alias/orders', 'disabled');
    await expect(read(door)).rejects.toMatchObject({ name: 'KMSDisabledException' });
    await door.call('PutRecord', { StreamName: 's', ...record });
    const { ShardIterator } = await door.call('GetShardIterator', {
      StreamName: 's',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'AT_TIMESTAMP',
      Timestamp: new Date(door.clock.now()),
    });
    expect((await door.call('GetRecords', { ShardIterator })).Records).toHaveLength(1);
  }),
);
test(
  'SubscribeToShard [KMS] ends with the error of the KMS family',
  through(async (door) => {
    await door.call('StartStreamEncryption', start(key));
    await door.call('PutRecord', { StreamName: 's', ...record });
    const { Consumer } = await door.call('RegisterStreamConsumer', {
      StreamARN: streamArn,
      ConsumerName: 'c',
    });
    door.kinesis.engine.kms.mark(key, 'disabled');
    const { EventStream } = await door.call('SubscribeToShard', {
      ConsumerARN: Consumer.ConsumerARN,
      ShardId: 'shardId-000000000000',
      StartingPosition: { Type: 'TRIM_HORIZON' },
    });
    await expect(EventStream[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: 'KMSDisabledException',
    });
  }),
);
