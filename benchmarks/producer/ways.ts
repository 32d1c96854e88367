import { KinesisClient, PutRecordsCommand, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { createProducer, rawStream, type ProducerOptions } from '@millrace/kinesis';
import { connect, type ConnectOptions } from '@millrace/kinesis/aws';

import type { Input, Load } from './load.ts';

/** A way to put records: takes all of a load and resolves when it is stored. */
export type Way = (load: Load) => Promise<void>;

export const ways: Readonly<Record<string, (client: Client) => Way>> = {
  'textbook loop': textbookLoop,
  'bare SDK': bareSdk,
  plain: (client) => ours(client, {}),
  'aggregated by key': (client) => ours(client, { aggregation: 'key' }),
  'aggregated by shard': (client) => ours(client, { aggregation: 'shard' }),
  'calls of the bare SDK': (client) => callPerRecord(bareSender(client)),
  'calls of our client': (client) => callPerRecord(ourSender(client)),
};

type Client = ConnectOptions & KinesisClientConfig;

/** What most tutorials show: batches of 500, one retry of what failed, one call after the other. */
function textbookLoop(client: Client): Way {
  const kinesis = new KinesisClient(client);
  return async (load) => {
    while (!load.done) {
      const batch = load.take(500);
      if (batch.length === 0) {
        await load.wait();
        continue;
      }
      const answer = await kinesis.send(putRecords(batch));
      const failed = batch.filter((_, index) => answer.Records?.[index]?.ErrorCode !== undefined);
      if (failed.length > 0) await kinesis.send(putRecords(failed));
      for (const record of batch) load.stored(record);
    }
  };
}

/** The SDK as it comes, with as many calls in flight as ours has. */
function bareSdk(client: Client): Way {
  const send = bareSender(client);
  return (load) => inLanes(load, 500, send);
}

/** What a call costs by itself: one small record in each. */
function callPerRecord(send: Sender): Way {
  return (load) => inLanes(load, 1, send);
}

type Sender = (records: readonly Input[]) => Promise<unknown>;

function bareSender(client: Client): Sender {
  const kinesis = new KinesisClient(client);
  return (records) => kinesis.send(putRecords(records));
}

function ourSender(client: Client): Sender {
  const { writer } = connect(client);
  return (records) => writer.write('bench', records, {});
}

async function inLanes(load: Load, batchSize: number, send: Sender): Promise<void> {
  const lane = async (): Promise<void> => {
    while (!load.done) {
      const batch = load.take(batchSize);
      if (batch.length === 0) {
        await load.wait();
        continue;
      }
      await send(batch);
      for (const record of batch) load.stored(record);
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}

function ours(client: Client, options: ProducerOptions): Way {
  const connection = connect(client);
  return async (load) => {
    const producer = createProducer(rawStream('bench'), connection, options);
    await producer.putMany(load.paced ? inTime(load) : atOnce(load), {
      onReceipt: (_receipt, record: Input) => load.stored(record),
    });
    await producer.close();
  };
}

function* atOnce(load: Load): Generator<Input> {
  while (!load.done) yield* load.take(1000);
}

async function* inTime(load: Load): AsyncGenerator<Input> {
  while (!load.done) {
    const due = load.take(1000);
    if (due.length === 0) await load.wait();
    yield* due;
  }
}

function putRecords(records: readonly Input[]): PutRecordsCommand {
  return new PutRecordsCommand({
    StreamName: 'bench',
    Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
  });
}
