import assert from 'node:assert/strict';

import { isShardEnd } from '@millrace/kinesis/lease';
import { startServer } from '@millrace/local';

import { Handled, until } from '../handled.ts';
import { mavenProject } from '../maven.ts';
import { runCommand } from '../run-command.ts';
import { base64 } from '../user-records.ts';
import {
  closing,
  connectionOf,
  javaWorker,
  keyOf,
  putAll,
  reshard,
  stream,
  texts,
  type Kcl,
} from './stage.ts';

/** What puts the KPL's aggregates. */
export const kplProducer = mavenProject('kpl');

/** A Java worker reads everything, what the KPL aggregated too, and goes on with the children of shards that are split and merged. */
export async function readsAlone(kcl: Kcl, retrieval: 'POLLING' | 'FAN_OUT'): Promise<string> {
  await using server = await startServer({ port: 0, tls: true, streams: { [stream]: { shards: 3 } } });
  const { connection } = server.kinesis;
  const expected = new Set(texts('kpl', 1500));
  const { hostname, port } = new URL(server.tlsEndpoint ?? '');
  const input = [...expected].map((text) => [
    base64(Buffer.from(keyOf(text))),
    '-',
    base64(Buffer.from(text)),
  ]);
  await runCommand(
    'java',
    kplProducer.command('kpl.Produce', [hostname, port, stream]),
    `${input.map((fields) => fields.join('\t')).join('\n')}\n`,
  );
  const put = async (name: string, aggregation: 'none' | 'shard'): Promise<void> => {
    const more = texts(name, 500);
    for (const text of more) expected.add(text);
    await putAll(connection, more, aggregation);
  };
  await put('plain', 'none');
  const handled = new Handled();
  const order: string[] = [];
  await using java = javaWorker(kcl, server, retrieval, 'alone', {
    onEvent(event) {
      if (event.what === 'record') handled.add('java', event, event.text);
      else order.push(`${event.what} ${event.shardId}`);
    },
  });
  await until('Java has read what was there', () => handled.distinct >= 2000, [java.ended]);
  await reshard(server);
  await put('after', 'shard');
  // One more: what the KPL was warmed up with, which is empty.
  await until('Java has read all', () => handled.distinct >= expected.size + 1, [java.ended]);
  await using tables = closing(connectionOf(server));
  const leases = await tables.leases('alone').list();
  await java.stop();
  handled.assertWhole(expected);
  assert.equal(handled.again, 0);
  const ended = leases.filter(({ checkpoint }) => isShardEnd(checkpoint)).map(({ shardId }) => shardId);
  assert.equal(ended.length, 3, 'the parents are read to their end');
  for (const { shardId, parentShardIds } of leases) {
    for (const parent of parentShardIds) {
      assert.ok(order.includes(`end ${parent}`), `${parent} ended`);
      assert.ok(
        order.indexOf(`end ${parent}`) < order.indexOf(`start ${shardId}`),
        `${shardId} begins when ${parent} has ended`,
      );
    }
  }
  return `${retrieval}: ${handled.distinct} records of ${leases.length} shards, through a split and a merge, none twice`;
}
