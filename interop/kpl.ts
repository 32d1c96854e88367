import assert from 'node:assert/strict';

import { createProducer, rawStream } from '@millrace/kinesis';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { startServer } from '@millrace/local';

import type { Client } from './client.ts';
import { mavenProject } from './maven.ts';
import { runCommand } from './run-command.ts';
import { base64, expand, lines, readStored, samples } from './user-records.ts';

const project = mavenProject('kpl');
const stream = 'clicks';

/** The Java KPL puts; we read its very bytes. */
export const kpl: Client = {
  name: 'kpl',
  prepare: () => project.build(),
  async run() {
    // Its native half speaks TLS only.
    await using server = await startServer({ port: 0, tls: true, streams: { [stream]: { shards: 4 } } });
    const put = samples(false);
    const { hostname, port } = new URL(server.tlsEndpoint ?? '');
    await runCommand(
      'java',
      project.command('kpl.Produce', [hostname, port, stream]),
      `${lines(put).join('\n')}\n`,
    );
    const stored = await readStored(server.kinesis.connection, stream);
    const read = expand(stored).filter(({ partitionKey }) => partitionKey !== 'warm-up');
    assert.ok(stored.length < put.length / 4, `the KPL aggregated: ${stored.length} of ${put.length}`);
    assert.ok(read.every(({ aggregated, foreign }) => aggregated && !foreign));
    assert.deepEqual(lines(read), lines(put));
  },
};

/** We aggregate, every way we can; the de-aggregator of the Java KCL opens it, with its check of the shard's range. */
export const kclDeaggregator: Client = {
  name: 'kcl-deaggregator',
  prepare: () => project.build(),
  async run() {
    for (const aggregation of ['key', 'shard'] as const) {
      for (const withHeaders of [false, true]) {
        await using server = await startServer({ port: 0, streams: { [stream]: { shards: 4 } } });
        const { connection } = server.kinesis;
        const put = samples(withHeaders);
        const producer = createProducer(rawStream(stream), connection, { aggregation });
        const receipts = await Promise.all(put.map((record) => producer.put(record)));
        await producer.close();
        const stored = await readStored(connection, stream);
        const out = await runCommand(
          'java',
          project.command('kpl.Deaggregate', []),
          stored
            .map(({ shard: { hashRange }, record: { sequenceNumber, partitionKey, data } }) =>
              [
                sequenceNumber,
                base64(Buffer.from(partitionKey)),
                base64(data),
                hashRange.start,
                hashRange.end,
              ].join('\t'),
            )
            .join('\n'),
        );
        const known = new Set(
          expand(stored).flatMap(({ aggregated, sequenceNumber }) => (aggregated ? [sequenceNumber] : [])),
        );
        assert.ok(known.size > 0, 'there are aggregates');
        const expected = put.map((record, index) => {
          const { sequenceNumber = '', subSequenceNumber = 0 } = receipts[index] ?? {};
          // A plain record's explicit hash key is given back by nobody.
          const told = known.has(toSequenceNumber(sequenceNumber))
            ? record
            : { ...record, explicitHashKey: '-' };
          return [sequenceNumber, subSequenceNumber, ...lines([told])].join('\t');
        });
        assert.deepEqual(out.trim().split('\n').toSorted(), expected.toSorted());
      }
    }
  },
};
