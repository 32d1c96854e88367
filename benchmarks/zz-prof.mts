import { startServer } from '@millrace/local';
import { createProducer, createConsumer, rawStream } from '@millrace/kinesis';
import { fork } from 'node:child_process';
const agg = process.argv[2] === 'agg';
const server = await startServer({ port: 0, streams: { 'x': { shards: 4 } } });
const producer = createProducer(rawStream('x'), server.kinesis.connection, { aggregation: agg ? 'shard' : 'none', linger: 50 });
const data = new Uint8Array(100).fill(7);
const count = agg ? 1_000_000 : 200_000;
await producer.putMany((function* () { for (let n = 0; n < count; n++) yield { partitionKey: `customer-${(n * 7919) % 5000}`, data }; })());
await producer.close();
const ways = (process.argv[3] ?? '1').split(',');
for (const way of ways) {
  const child = fork('/work/wt/consumer/benchmarks/consumer/reader.ts', [server.endpoint, 'x', way, String(count)], { execArgv: ['--import', 'tsx', ...(process.argv[4] ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [])] });
  await new Promise((r) => child.once('message', r));
  const out: any[] = [];
  for (let i = 0; i < 5; i++) { child.send('go'); const m: any = await new Promise((r) => child.once('message', r)); out.push(Math.round(count / m.seconds)); if (i === 4) console.log(way, out.join(' '), m.cpuMicros.toFixed(2), Math.round(m.rssMiB)); }
  child.disconnect(); await new Promise((r) => child.once('exit', r));
}
await server.close(); process.exit(0);
