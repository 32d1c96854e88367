import assert from 'node:assert/strict';

import { createConsumer, rawStream } from '@millrace/kinesis';
import { startServer } from '@millrace/local';

import { prepareDaemon, startDaemon, type Told } from './aws-kcl/daemon.ts';
import type { Client } from './client.ts';
import { Handled, until } from './handled.ts';
import { closing, connectionOf, failoverMs, putAll, reshard, stream, textOf, texts } from './kcl/stage.ts';

const group = 'daemon';

/**
 * The npm package `aws-kcl`: a Java daemon that starts a Node process for each shard. It reads what is there, goes on through a
 * split and a merge, is stopped, and ours goes on behind it on the same leases.
 */
export const awsKcl: Client = {
  name: 'aws-kcl',
  prepare: prepareDaemon,
  async run() {
    await using server = await startServer({ port: 0, streams: { [stream]: { shards: 3 } } });
    const { connection } = server.kinesis;
    const expected = new Set<string>();
    const put = async (name: string, count: number, aggregation: 'none' | 'shard'): Promise<void> => {
      const more = texts(name, count);
      for (const text of more) expected.add(text);
      await putAll(connection, more, aggregation);
    };
    await put('aggregated', 1000, 'shard');
    await put('plain', 500, 'none');
    const handled = new Handled();
    const processes = new Set<string>();
    const onTold = (told: Told): void => {
      const { shardId } = told;
      processes.add(shardId);
      if (told.what !== 'records') return;
      for (const { text, ...place } of told.records) handled.add('daemon', { shardId, ...place }, text);
    };
    const quick = {
      failoverTimeMillis: failoverMs,
      shardSyncIntervalMillis: 200,
      parentShardPollIntervalMillis: 200,
    };
    await using daemon = await startDaemon({
      endpoint: server.endpoint,
      stream,
      group,
      properties: quick,
      onTold,
    });
    await until('the daemon has read what was there', () => handled.distinct >= 1500, [daemon.ended]);
    await reshard(server);
    await put('after', 500, 'shard');
    await until('the daemon has read the children', () => handled.distinct === expected.size, [daemon.ended]);
    assert.equal(handled.again, 0);
    assert.equal(processes.size, 6, 'each shard has its process');
    await daemon.stop();

    await put('later', 500, 'shard');
    await using leases = closing(connectionOf(server));
    await using ours = createConsumer(rawStream(stream), leases, {
      group,
      workerId: 'ours',
      from: 'oldest',
      leaseDuration: failoverMs,
      pollInterval: 200,
    });
    const running = ours.run({
      eachRecord: (record) => handled.add('ours', record, textOf(record.value)),
    });
    await until('ours has read the rest', () => handled.distinct === expected.size, [running]);
    await ours.close();
    await running;
    handled.assertWhole(expected);
    assert.equal(handled.again, 0, 'ours goes on exactly behind the daemon');
    console.log(
      `     aws-kcl: ${handled.countOf('daemon')} records of ${processes.size} shards in as many processes, through a split and a merge; ` +
        `ours went on with ${handled.countOf('ours')}: none lost, none twice`,
    );
  },
};
