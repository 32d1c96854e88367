import assert from 'node:assert/strict';

import type { LocalServer } from '@millrace/local';

import type { Client } from './client.ts';
import { preparePython, runPython } from './python-env.ts';

/**
 * The AWS CLI creates a stream, puts, reshards each way, lists and reads it back, registers a consumer, and sees the
 * service's own errors. It has no command to subscribe: it leaves out what streams events.
 */
export const awsCli: Client = {
  name: 'aws-cli',
  prepare: preparePython,
  async run(server) {
    const aws = kinesis(server);
    await aws('create-stream', '--stream-name', 'orders', '--shard-count', '2');
    await aws('wait', 'stream-exists', '--stream-name', 'orders');
    assert.deepEqual((await aws('list-streams'))['StreamNames'], ['orders']);

    const data = 'order one, äöü';
    const put = await aws('put-record', '--stream-name', 'orders', '--partition-key', 'ada', '--data', data);
    const batch = await aws(
      'put-records',
      '--stream-name',
      'orders',
      '--records',
      JSON.stringify([1, 2, 3].map((n) => ({ Data: data, PartitionKey: `key-${n}` }))),
    );
    assert.equal(batch['FailedRecordCount'], 0);

    await aws(
      'update-shard-count',
      '--stream-name',
      'orders',
      '--target-shard-count',
      '4',
      '--scaling-type',
      'UNIFORM_SCALING',
    );
    await aws('wait', 'stream-exists', '--stream-name', 'orders');
    const shards = list((await aws('list-shards', '--stream-name', 'orders'))['Shards']);
    assert.equal(shards.length, 6);

    const [split, ...whole] = openOf(shards);
    const range = split?.['HashKeyRange'] as Record<string, string> | undefined;
    const { StartingHashKey: start, EndingHashKey: end } = range ?? {};
    const middle = (BigInt(start ?? 0) + BigInt(end ?? 0)) / 2n;
    await aws(
      'split-shard',
      '--stream-name',
      'orders',
      '--shard-to-split',
      String(split?.['ShardId']),
      '--new-starting-hash-key',
      String(middle),
    );
    await aws('wait', 'stream-exists', '--stream-name', 'orders');
    const [left, right] = whole.slice(-2).map((shard) => String(shard['ShardId']));
    await aws(
      'merge-shards',
      '--stream-name',
      'orders',
      '--shard-to-merge',
      left ?? '',
      '--adjacent-shard-to-merge',
      right ?? '',
    );
    await aws('wait', 'stream-exists', '--stream-name', 'orders');
    const after = list((await aws('list-shards', '--stream-name', 'orders'))['Shards']);
    assert.equal(after.length, 9);
    assert.equal(openOf(after).length, 4);
    const merged = after.find((shard) => shard['AdjacentParentShardId'] === right);
    assert.equal(merged?.['ParentShardId'], left);

    const described = await aws('describe-stream-summary', '--stream-name', 'orders');
    const { StreamARN: arn } = described['StreamDescriptionSummary'] as Record<string, unknown>;
    const registered = await aws(
      'register-stream-consumer',
      '--stream-arn',
      String(arn),
      '--consumer-name',
      'billing',
    );
    const { ConsumerARN: consumerArn } = registered['Consumer'] as Record<string, unknown>;
    const consumer = await aws('describe-stream-consumer', '--consumer-arn', String(consumerArn));
    assert.equal((consumer['ConsumerDescription'] as Answer)['ConsumerStatus'], 'ACTIVE');
    await aws('deregister-stream-consumer', '--consumer-arn', String(consumerArn));

    const sequenceNumbers: unknown[] = [];
    for (const { ShardId } of after) {
      const opened = await aws(
        'get-shard-iterator',
        '--stream-name',
        'orders',
        '--shard-id',
        String(ShardId),
        '--shard-iterator-type',
        'TRIM_HORIZON',
      );
      const read = await aws('get-records', '--shard-iterator', String(opened['ShardIterator']));
      for (const record of list(read['Records'])) {
        assert.equal(record['Data'], Buffer.from(data).toString('base64'));
        sequenceNumbers.push(record['SequenceNumber']);
      }
    }
    assert.equal(sequenceNumbers.length, 4);
    assert.ok(sequenceNumbers.includes(put['SequenceNumber']));

    await assert.rejects(aws('describe-stream', '--stream-name', 'nowhere'), /ResourceNotFoundException/);
    await aws('delete-stream', '--stream-name', 'orders');
    await aws('wait', 'stream-not-exists', '--stream-name', 'orders');
  },
};

type Answer = Readonly<Record<string, unknown>>;

function kinesis(server: LocalServer): (...args: readonly string[]) => Promise<Answer> {
  return async (...args) => {
    const out = await runPython('aws', ['kinesis', ...args, '--output', 'json'], server.endpoint);
    return out.trim() === '' ? {} : (JSON.parse(out) as Answer);
  };
}

/** In the order of their hash keys. */
function openOf(shards: readonly Answer[]): readonly Answer[] {
  const startOf = (shard: Answer): bigint =>
    BigInt((shard['HashKeyRange'] as Record<string, string>)['StartingHashKey'] ?? 0);
  return shards
    .filter((shard) => !('EndingSequenceNumber' in (shard['SequenceNumberRange'] as Answer)))
    .toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

function list(value: unknown): readonly Answer[] {
  assert.ok(Array.isArray(value));
  return value as readonly Answer[];
}
