import { expect, test } from 'vitest';

import { commonRows, type CommonRow } from './common-table.ts';
import { account, arnOf, through, openDoor, operations, required, streamArn, type Door } from './door.ts';

test('every operation of the SDK is answered', async () => {
  await using door = await openDoor();
  expect(operations).toHaveLength(45);
  for (const operation of operations) {
    const answer = await door.call(operation, {}).catch((error: Error) => error.name);
    expect([operation, answer]).not.toContain('UnknownOperationException');
    expect([operation, answer]).not.toContain('InternalFailure');
  }
});

for (const row of commonRows) {
  const { operation } = row;
  test(
    `${operation} [happy path] answers a call with all it needs`,
    through(async (door) => {
      await expect(door.call(operation, await inputOf(door, row))).resolves.toBeTypeOf('object');
    }),
  );
}

for (const { operation, required: members } of commonRows.filter((row) => row.required.length > 0)) {
  test(
    `${operation} [validation] says which members are missing, in order`,
    through(async (door) => {
      expect(await door.failure(operation, {})).toBe(required(...members));
    }),
  );
}

for (const row of commonRows.filter(({ needsActive }) => needsActive === true)) {
  const { operation } = row;
  test(
    `${operation} [states] is refused while the stream is UPDATING, and not after`,
    through(
      async (door) => {
        const input = await inputOf(door, row);
        await door.call('UpdateMaxRecordSize', { StreamARN: streamArn, MaxRecordSizeInKiB: 4096 });
        expect(await door.failure(operation, input)).toBe(
          `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state UPDATING`,
        );
        await door.clock.advance(1000);
        await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
      },
      { updateStreamTime: 1000 },
    ),
  );
}

for (const row of commonRows.filter(({ names }) => names !== 'nothing')) {
  const { operation } = row;
  const member = row.names === 'resource' ? 'ResourceARN' : 'StreamARN';
  const nameless = row.names === 'either' ? { StreamName: undefined } : {};
  test(
    `${operation} [unknown resource] refuses a stream that is not there`,
    through(async (door) => {
      const name = row.names === 'either' ? { StreamName: 'nowhere' } : { [member]: arnOf('stream/nowhere') };
      expect(await door.failure(operation, await inputOf(door, row, name))).toMatch(notFound(row, account));
    }),
  );
  test(
    `${operation} [ARN] takes the ARN of the stream`,
    through(async (door) => {
      const input = await inputOf(door, row, { ...nameless, [member]: streamArn });
      await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
    }),
  );
  test(
    `${operation} [ARN] refuses the ARN of another account and of another region`,
    through(async (door) => {
      const owner = '123456789012';
      const arn = arnOf('stream/s', 'us-east-1', owner);
      const other = await inputOf(door, row, { ...nameless, [member]: arn });
      expect(await door.failure(operation, other)).toMatch(notFound(row, owner));
      const elsewhere = { ...other, [member]: arnOf('stream/s', 'eu-west-1') };
      expect(await door.failure(operation, elsewhere)).toMatch(notFound(row, account));
    }),
  );
  test(
    `${operation} [validation] refuses an ARN and a StreamId not of their form`,
    through(async (door) => {
      const change = { [member]: 'arn:aws:sns:us-east-1:1:s', StreamId: 'NO' };
      const message = await door.failure(operation, await inputOf(door, row, change));
      expect(message).toMatch(/^ValidationException: [23] validation errors detected: /);
      expect(message).toContain(`at '${member === 'StreamARN' ? 'streamARN' : 'resourceARN'}' failed`);
      expect(message).toContain(
        "Value 'NO' at 'streamId' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
          '[a-z0-9]{20}-[a-z0-9]{3}',
      );
    }),
  );
}

for (const row of commonRows.filter(({ names }) => names !== 'nothing')) {
  const { operation } = row;
  test(
    `${operation} [validation] takes a StreamId of its form, which means nothing yet`,
    through(async (door) => {
      const input = await inputOf(door, row, { StreamId: 'abcdefghij0123456789-abc' });
      await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
    }),
  );
}

for (const row of commonRows.filter(({ names }) => names === 'either')) {
  const { operation } = row;
  test(
    `${operation} [validation] wants a name or an ARN, and both for the same stream`,
    through(async (door) => {
      const input = await inputOf(door, row, { StreamName: undefined });
      expect(await door.failure(operation, input)).toBe(
        'InvalidArgumentException: Either StreamName or StreamARN must be provided.',
      );
      const two = { ...input, StreamName: 'other', StreamARN: streamArn };
      expect(await door.failure(operation, two)).toBe(
        `InvalidArgumentException: StreamName other and StreamARN ${streamArn} do not refer to the same stream.`,
      );
    }),
  );
}

/** A stream `s`, owned by `owner`, or one called `nowhere`. */
function notFound({ operation, names }: CommonRow, owner: string): RegExp {
  if (names === 'resource') return /^ResourceNotFoundException: /;
  // Whoever asks for an iterator is told of the shard first.
  const shard =
    operation === 'GetShardIterator'
      ? `|Shard shardId-0{12} in stream nowhere under account ${account} does not exist`
      : '';
  return new RegExp(
    `^ResourceNotFoundException: (Stream (s|nowhere) under account ${owner} not found\\.${shard})$`,
  );
}

async function inputOf(door: Door, row: CommonRow, change: object = {}): Promise<object> {
  await prepare(door, row);
  return fill(door, { ...row.input, ...change });
}

async function prepare(door: Door, row: CommonRow): Promise<void> {
  await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
  if (row.operation === 'DeleteStream') {
    await door.call('DeregisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
  }
  if (row.onDemand !== true) return;
  await door.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } });
  await door.call('UpdateStreamMode', {
    StreamARN: streamArn,
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  });
  await door.clock.advance(1000);
}

async function fill(door: Door, input: object): Promise<object> {
  const filled: Record<string, unknown> = { ...input };
  for (const [name, value] of Object.entries(filled)) {
    if (value === '$STREAM') filled[name] = streamArn;
    if (value === '$ITERATOR') filled[name] = await iteratorOf(door);
    if (value === '$CONSUMER') filled[name] = await consumerOf(door);
  }
  return filled;
}

async function iteratorOf(door: Door): Promise<string> {
  const answer = await door.call('GetShardIterator', {
    StreamName: 's',
    ShardId: 'shardId-000000000000',
    ShardIteratorType: 'LATEST',
  });
  return answer.ShardIterator;
}

async function consumerOf(door: Door): Promise<string> {
  const answer = await door.call('DescribeStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
  return answer.ConsumerDescription.ConsumerARN;
}
