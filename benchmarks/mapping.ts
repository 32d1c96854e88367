/**
 * What an event source mapping costs: records a second through one shard in batches of 100, with ReportBatchItemFailures,
 * from the stream to the handler's answer. Once with the handler in this process, once in a process of its own, as
 * `millrace dev` runs it. The floor is the same handler in a bare loop over the same events.
 */
import { once } from 'node:events';

import { createLocalKinesis, type LocalLambda } from '@millrace/local';

import { progress, runCase } from './harness.ts';

const RECORDS = 20_000;
const BATCH = 100;
const stream = 'orders';
const file = new URL('mapping/handler.mjs', import.meta.url);
const { handler } = (await import(file.href)) as { readonly handler: (event: Event) => Promise<object> };

await using kinesis = await createLocalKinesis({ streams: { [stream]: {} } });
for (let at = 0; at < RECORDS; at += 500) {
  const entries = Array.from({ length: 500 }, (_, index) => ({
    partitionKey: `customer-${(at + index) % 200}`,
    data: Buffer.alloc(100, `{"id":${at + index},"total":${index}}`),
  }));
  await kinesis.connection.writer.write(stream, entries, {});
}

const lambda = await kinesis.lambda();
const events: Parameters<typeof handler>[0][] = [];
await lambda.functions.add((event: Parameters<typeof handler>[0]) => void events.push(event), {
  name: 'gather',
});
await passThrough(lambda, 'gather');
progress(`mapping: ${RECORDS} records of 100 bytes in ${events.length} batches`);
await lambda.functions.add(handler, { name: 'here' });
await lambda.functions.add({ file }, { name: 'apart' });

for (const name of ['here', 'apart'] as const) {
  await runCase(
    {
      bench: 'mapping',
      case: name === 'here' ? 'in-process' : 'isolated',
      unit: 'records/s',
      ours: () => passThrough(lambda, name),
      floor: async () => {
        for (const event of events) await handler(event);
        return RECORDS;
      },
    },
    { rounds: 7, roundMs: 300 },
  );
}

interface Event {
  readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
}

/** Maps the whole stream to the function once. */
async function passThrough({ mappings }: LocalLambda, name: string): Promise<number> {
  let left = RECORDS;
  const finished = new AbortController();
  const mapping = mappings.create(
    {
      FunctionName: name,
      EventSourceArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: BATCH,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
    {},
    (event) => {
      if (event.type !== 'result') return;
      if (event.verdict.type !== 'done') throw new Error(`a batch failed: ${JSON.stringify(event)}`);
      left -= event.records;
      if (left === 0) finished.abort();
    },
  );
  if (!finished.signal.aborted) await once(finished.signal, 'abort');
  await mapping.settled();
  mappings.delete(mapping.uuid);
  await mapping.settled();
  return RECORDS;
}
