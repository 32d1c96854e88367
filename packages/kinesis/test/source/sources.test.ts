import {
  ByteBudget,
  ConsumerRegistration,
  createAutoSource,
  createFanOutSource,
  createPollingSource,
  readAhead,
  type FanOut,
  type ShardReader,
  type ShardSource,
} from '@millrace/kinesis/source';
import {
  createManualClock,
  shardSourceGuarantees,
  type ManualClock,
  type ShardSourceBench,
} from '@millrace/kinesis/testing';
import { createLocalKinesis, type LocalKinesis } from '@millrace/local';
import { afterEach, describe, expect, test } from 'vitest';

const stream = 'orders';
const shardId = 'shardId-000000000000';

interface Ports {
  readonly reader: ShardReader;
  readonly fanOut: FanOut;
  readonly clock: ManualClock;
}

type CreateSource = (ports: Ports) => ShardSource;

const polling: CreateSource = ({ reader, clock }) =>
  createPollingSource(reader, { stream, intervalMs: 250, idleMs: 1000, limit: 100, clock });
const billing = (ports: Ports): ConsumerRegistration =>
  new ConsumerRegistration(ports, { stream, name: 'billing', clock: ports.clock });
const fanOut: CreateSource = (ports) =>
  createFanOutSource(ports.fanOut, { stream, consumer: billing(ports), clock: ports.clock });
const auto: CreateSource = (ports) => {
  const shared = { stream, consumer: billing(ports), clock: ports.clock };
  return createAutoSource(createFanOutSource(ports.fanOut, shared), polling(ports), shared);
};

const sources: readonly (readonly [string, CreateSource])[] = [
  ['polling', polling],
  ['polling, read ahead', (ports) => readAhead(polling(ports), new ByteBudget(1_000_000))],
  ['polling, with no room to read ahead', (ports) => readAhead(polling(ports), new ByteBudget(0))],
  ['fan-out', fanOut],
  ['fan-out, read ahead', (ports) => readAhead(fanOut(ports), new ByteBudget(1_000_000))],
  ['automatic choice', auto],
];

const open: LocalKinesis[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((kinesis) => kinesis.close()));
});

async function createBench(create: CreateSource): Promise<ShardSourceBench> {
  const clock = createManualClock();
  const kinesis = await createLocalKinesis({
    clock,
    streams: { orders: {} },
    enforceLimits: true,
    registerConsumerTime: 700,
  });
  open.push(kinesis);
  const { reader, fanOut: port } = kinesis.connection;
  if (port === undefined) throw new Error('the embedded Kinesis has fan-out');
  return {
    source: create({ reader, fanOut: port, clock }),
    clock,
    shardId,
    async put(count) {
      const { writer } = kinesis.connection;
      const entries = Array.from({ length: count }, (_, n) => ({
        partitionKey: `k${n}`,
        data: new Uint8Array(10),
      }));
      const outcomes = await writer.write(stream, entries, {});
      return outcomes.map((outcome) => {
        if (!outcome.ok) throw new Error(outcome.message);
        return outcome.sequenceNumber;
      });
    },
    async split() {
      kinesis.engine.splitShard(stream, shardId);
    },
  };
}

describe.each(sources)('%s', (_, create) => {
  test.each(shardSourceGuarantees)('$name', async ({ run }) => {
    await expect(run(() => createBench(create))).resolves.toBeUndefined();
  });
});
