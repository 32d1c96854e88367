import { createConsumer, createProducer, rawStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { createManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis } from '@millrace/local';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';

const shards = 4;
/** What the KCL writes for a shard that is idle: a renewal every third of 10 s less 25 ms. It makes and takes a lease, too. */
const kclRenewalsPerHour = 3_600_000 / (10_000 / 3 - 25);
/** Its look at all leases, every two lease durations, a worker. */
const kclScansPerHour = 3_600_000 / 20_000;

/** Calls of DynamoDB, by name, of a worker that begins a group, works for so long, and is closed: every one of them. */
async function callsOf(minutes: number, busy: boolean): Promise<ReadonlyMap<string, number>> {
  const clock = createManualClock();
  await using kinesis = await createLocalKinesis({ clock, streams: { steps: { shards } } });
  const client = new DynamoDBClient(kinesis.clientConfig);
  const calls = new Map<string, number>();
  const under = { way: 0 };
  const counting = {
    send: async (command: { readonly constructor: { readonly name: string } }) => {
      const name = command.constructor.name.replace('Command', '');
      calls.set(name, (calls.get(name) ?? 0) + 1);
      under.way++;
      try {
        return await client.send(command as never);
      } finally {
        under.way--;
      }
    },
    destroy: () => {},
  };
  const cost = connect({ dynamodb: counting as never, clock });
  const { reader, writer } = kinesis.connection;
  const stream = rawStream('steps');
  const consumer = createConsumer(
    stream,
    { reader, leases: (group) => cost.leases(group) },
    { group: 'cost', from: 'oldest', clock },
  );
  const running = consumer.run({ eachRecord: () => {} });
  /** DynamoDB keeps its own time: what was asked of it is waited for before the clock moves on. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1000) {
      await clock.advance(1000);
      do await new Promise((resolve) => setImmediate(resolve));
      while (under.way > 0);
    }
  };
  while (consumer.status().shards.length < shards) await pass(1000);
  for (let minute = 0; minute < minutes; minute++) {
    if (busy) {
      const producer = createProducer(stream, { writer }, { clock, linger: 0 });
      for (let n = 0; n < 40; n++)
        void producer.put({ partitionKey: `k${n}`, data: new Uint8Array(8) }).catch(() => {});
      const closing = producer.close();
      await pass(1000);
      await closing;
    }
    await pass(busy ? 59_000 : 60_000);
  }
  const closing = consumer.close();
  await pass(2000);
  await closing;
  await running;
  client.destroy();
  return calls;
}

test.each([
  ['idle', 60],
  ['busy', 30],
])(
  'a shard that is %s costs no more requests an hour than the KCL’s, nor writes, from the making of its lease to its release',
  { timeout: 60_000 },
  async (state, minutes) => {
    const {
      UpdateItem = 0,
      PutItem = 0,
      Scan = 0,
      ...others
    } = Object.fromEntries(await callsOf(minutes, state === 'busy'));
    const writes = ((UpdateItem + PutItem) / shards / minutes) * 60;
    expect(writes).toBeLessThanOrEqual(kclRenewalsPerHour);
    expect(writes).toBeGreaterThan(kclRenewalsPerHour * 0.85);
    expect(PutItem).toBe(shards);
    const requests = ((UpdateItem + PutItem + Scan) / shards / minutes) * 60;
    expect(requests).toBeLessThanOrEqual(kclRenewalsPerHour + kclScansPerHour / shards);
    expect(others).toEqual({ DescribeTable: 2, CreateTable: 1 });
  },
);
