import { describe, expect, test } from 'vitest';

import { commonRows, type CommonRow } from './common-table.ts';
import { account, arnOf, guarantee, openDoor, operations, required, streamArn, type Door } from './door.ts';

test('every operation of the SDK is answered', async () => {
  await using door = await openDoor();
  expect(operations).toHaveLength(45);
  for (const operation of operations) {
    const answer = await door.call(operation, {}).catch((error: Error) => error.name);
    expect(answer, operation).not.toBe('UnknownOperationException');
    expect(answer, operation).not.toBe('InternalFailure');
  }
});

describe('every row', () => {
  for (const row of commonRows) defineRow(row);
});

function defineRow(row: CommonRow): void {
  const { operation } = row;
  const run = async (door: Door, change: object = {}): Promise<object> => {
    await prepare(door, row);
    return await fill(door, { ...row.input, ...change });
  };
  guarantee(operation, 'happy path', 'answers a call with all it needs', async (door) => {
    await expect(door.call(operation, await run(door))).resolves.toBeTypeOf('object');
  });
  if (row.required.length > 0) {
    guarantee(operation, 'validation', 'says which members are missing, in order', async (door) => {
      expect(await door.failure(operation, {})).toBe(required(...row.required));
    });
  }
  if (row.needsActive === true) {
    guarantee(
      operation,
      'states',
      'is refused while the stream is UPDATING, and not after',
      async (door) => {
        const input = await run(door);
        await door.call('IncreaseStreamRetentionPeriod', { StreamName: 's', RetentionPeriodHours: 48 });
        expect(await door.failure(operation, input)).toBe(
          `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state UPDATING`,
        );
        await door.clock.advance(1000);
        if (operation === 'DecreaseStreamRetentionPeriod') return;
        await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
      },
      { updateStreamTime: 1000 },
    );
  }
  if (row.names !== 'nothing') defineNames(row, run);
}

function defineNames(row: CommonRow, run: (door: Door, change?: object) => Promise<object>): void {
  const { operation } = row;
  const member = row.names === 'resource' ? 'ResourceARN' : 'StreamARN';
  const notFound = (owner: string): RegExp => {
    if (row.names === 'resource') return /^ResourceNotFoundException: /;
    // Whoever asks for an iterator is told of the shard first.
    const shard =
      operation === 'GetShardIterator'
        ? `|Shard shardId-0{12} in stream nowhere under account ${account} does not exist`
        : '';
    return new RegExp(
      `^ResourceNotFoundException: (Stream (s|nowhere) under account ${owner} not found\\.${shard})$`,
    );
  };
  guarantee(operation, 'unknown resource', 'refuses a stream that is not there', async (door) => {
    const name = row.names === 'either' ? { StreamName: 'nowhere' } : { [member]: arnOf('stream/nowhere') };
    expect(await door.failure(operation, await run(door, name))).toMatch(notFound(account));
  });
  guarantee(operation, 'ARN', 'takes the ARN of the stream', async (door) => {
    const input = await run(door, { [member]: streamArn });
    await expect(
      door.call(operation, row.names === 'either' ? { ...input, StreamName: undefined } : input),
    ).resolves.toBeTypeOf('object');
  });
  guarantee(operation, 'ARN', 'refuses the ARN of another account and of another region', async (door) => {
    const other = await run(door, {
      StreamName: undefined,
      [member]: arnOf('stream/s', 'us-east-1', '123456789012'),
    });
    expect(await door.failure(operation, other)).toMatch(notFound('123456789012'));
    const elsewhere = { ...other, [member]: arnOf('stream/s', 'eu-west-1') };
    expect(await door.failure(operation, elsewhere)).toMatch(notFound(account));
  });
  guarantee(operation, 'validation', 'refuses an ARN and a StreamId not of their form', async (door) => {
    const input = await run(door, { [member]: 'arn:aws:sns:us-east-1:1:s', StreamId: 'NO' });
    const message = await door.failure(operation, input);
    expect(message).toMatch(/^ValidationException: [23] validation errors detected: /);
    expect(message).toContain(
      `at '${member === 'StreamARN' ? 'streamARN' : 'resourceARN'}' failed to satisfy`,
    );
    expect(message).toContain(
      "Value 'NO' at 'streamId' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
        '[a-z0-9]{20}-[a-z0-9]{3}',
    );
  });
  if (row.names !== 'either') return;
  guarantee(operation, 'validation', 'wants a name or an ARN, and both for the same stream', async (door) => {
    const input = await run(door, { StreamName: undefined });
    expect(await door.failure(operation, input)).toBe(
      'InvalidArgumentException: Either StreamName or StreamARN must be provided.',
    );
    const two = { ...input, StreamName: 'other', StreamARN: streamArn };
    expect(await door.failure(operation, two)).toBe(
      `InvalidArgumentException: StreamName other and StreamARN ${streamArn} do not refer to the same stream.`,
    );
  });
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
