// Feeds a producer as fast as it takes records while nobody stores any. Argument: the endpoint.
import process from 'node:process';

import { createProducer, rawStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';

import type { Curve } from './dead.ts';

const MiB = 1_048_576;
const boundMiB = 16;
const deadlineMs = 2000;
const halfSeconds = 16;

const connection = connect({
  endpoint: process.argv[2] ?? '',
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
// What the SDK itself takes is not what is asked.
await connection.reader.listShards('bench', { signal: AbortSignal.timeout(200) }).catch(() => {});
globalThis.gc?.();
const before = process.memoryUsage();

const producer = createProducer(rawStream('bench'), connection, {
  maxBufferedBytes: boundMiB * MiB,
  deadline: deadlineMs,
  requestTimeout: 500,
});
const ages: number[] = [];
const rssMiB: number[] = [];
const state = { put: 0, over: false };
const sampling = setInterval(() => {
  rssMiB.push(Math.round((process.memoryUsage.rss() - before.rss) / MiB));
  if (rssMiB.length === halfSeconds) {
    clearInterval(sampling);
    state.over = true;
  }
}, 500);

interface Fed {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly at?: number;
}

function* records(): Generator<Fed> {
  while (!state.over) {
    state.put++;
    yield {
      partitionKey: `customer-${state.put % 200}`,
      data: new Uint8Array(1024).fill(state.put),
      at: performance.now(),
    };
  }
}

const { failed } = await producer.putMany(records(), {
  onFailure: (_error, value: Fed) => ages.push(performance.now() - (value.at ?? Number.NaN)),
});
await producer.close();
await connection.close();
// What a first collection lets go of, a later one frees.
for (let n = 0; n < 3; n++) {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
}
const after = process.memoryUsage();
const sorted = ages.toSorted((a, b) => a - b);
const curve: Curve = {
  boundMiB,
  rssMiB,
  retainedMiB: Math.round(
    (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / MiB,
  ),
  put: state.put,
  settled: failed,
  deadlineMs,
  settledAfterMs: Math.round(sorted[Math.floor(sorted.length * 0.999)] ?? Number.NaN),
};
process.send?.(curve, () => process.exit(0));
