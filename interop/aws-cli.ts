import assert from 'node:assert/strict';

import type { LocalServer } from '@millrace/local';

import type { Client } from './client.ts';
import { preparePython, runPython } from './python-env.ts';

/** The AWS CLI creates a stream, puts, reshards, lists and reads it back, and sees the service's own errors. */
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

    const sequenceNumbers: unknown[] = [];
    for (const { ShardId } of shards) {
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

function list(value: unknown): readonly Answer[] {
  assert.ok(Array.isArray(value));
  return value as readonly Answer[];
}
