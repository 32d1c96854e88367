// Claim: ours puts more records a second than the loop everybody writes and than the bare SDK, for less CPU a record.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { createProducer, rawStream, type ProducerOptions } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';

import { progress, report } from './harness.ts';

const stream = rawStream('bench');
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const rounds = 5;

const server = fork(join(import.meta.dirname, 'producer', 'server.ts'), {
  execArgv: ['--import', 'tsx'],
});
const [endpoint] = (await once(server, 'message')) as [string];
const client = { endpoint, region: 'us-east-1', credentials };

/** Puts records through one client and answers how long each waited, milliseconds (a sample). */
type Contestant = (records: readonly Input[]) => Promise<readonly number[]>;

interface Input {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** A record that may know when it was put. */
interface Timed extends Input {
  readonly putAt?: number;
}

interface Figures {
  readonly perSecond: number[];
  readonly cpuMicros: number[];
  readonly p99: number[];
}

const contestants: Readonly<Record<string, Contestant>> = {
  'textbook loop': textbookLoop(),
  'bare SDK': bareSdk(),
  plain: ours({}),
  'aggregated by key': ours({ aggregation: 'key' }),
  'aggregated by shard': ours({ aggregation: 'shard' }),
};

try {
  for (const [name, size, count] of [
    ['100B', 100, 50_000],
    ['1KiB', 1024, 10_000],
  ] as const) {
    const records = Array.from({ length: count }, (_, n) => ({
      partitionKey: `customer-${(n * 7919) % 200}`,
      data: new Uint8Array(size).fill(n),
    }));
    const figures = await run(name, records);
    for (const mode of ['plain', 'aggregated by key', 'aggregated by shard']) tell(name, mode, figures);
  }
} finally {
  server.disconnect();
}

async function run(name: string, records: readonly Input[]): Promise<ReadonlyMap<string, Figures>> {
  const figures = new Map<string, Figures>();
  for (let round = 0; round <= rounds; round++) {
    for (const [who, contestant] of Object.entries(contestants)) {
      // The textbook loop is slow; a tenth tells its rate just as well.
      const share = who === 'textbook loop' ? records.slice(0, records.length / 10) : records;
      const cpu = process.cpuUsage();
      const startedAt = performance.now();
      const waits = [...(await contestant(share))].toSorted((a, b) => a - b);
      const seconds = (performance.now() - startedAt) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      if (round === 0) continue;
      const figure = figures.get(who) ?? { perSecond: [], cpuMicros: [], p99: [] };
      figure.perSecond.push(share.length / seconds);
      figure.cpuMicros.push((user + system) / share.length);
      figure.p99.push(waits[Math.floor(waits.length * 0.99)] ?? 0);
      figures.set(who, figure);
    }
    progress(round === 0 ? `producer ${name}: warm` : `producer ${name}: round ${round} of ${rounds}`);
  }
  return figures;
}

function tell(size: string, mode: string, figures: ReadonlyMap<string, Figures>): void {
  const of = (who: string, pick: (figure: Figures) => number[]): number => {
    const figure = figures.get(who);
    return figure === undefined ? Number.NaN : Math.round(median(pick(figure)) * 100) / 100;
  };
  const name = `${mode.replaceAll(' ', '-')}-${size}`;
  const peers = ['textbook loop', 'bare SDK'];
  const line = (unit: string, better: 'higher' | 'lower', pick: (figure: Figures) => number[]): void =>
    report({
      bench: 'producer',
      case: name,
      unit,
      better,
      ours: of(mode, pick),
      peers: Object.fromEntries(peers.map((who) => [who, of(who, pick)])),
    });
  line('user records/s', 'higher', ({ perSecond }) => perSecond);
  line('CPU µs/record', 'lower', ({ cpuMicros }) => cpuMicros);
  line('p99 ms of put', 'lower', ({ p99 }) => p99);
}

/** What most tutorials show: batches of 500, one retry of what failed, one call after the other. */
function textbookLoop(): Contestant {
  const kinesis = new KinesisClient(client);
  return async (records) => {
    const waits: number[] = [];
    for (let at = 0; at < records.length; at += 500) {
      const startedAt = performance.now();
      const batch = records.slice(at, at + 500);
      const answer = await kinesis.send(putRecords(batch));
      const failed = batch.filter((_, index) => answer.Records?.[index]?.ErrorCode !== undefined);
      if (failed.length > 0) await kinesis.send(putRecords(failed));
      waits.push(performance.now() - startedAt);
    }
    return waits;
  };
}

/** The SDK as it comes, with as many calls in flight as ours has. */
function bareSdk(): Contestant {
  const kinesis = new KinesisClient(client);
  return async (records) => {
    const waits: number[] = [];
    let at = 0;
    const lane = async (): Promise<void> => {
      while (at < records.length) {
        const startedAt = performance.now();
        const batch = records.slice(at, (at += 500));
        await kinesis.send(putRecords(batch));
        waits.push(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: 4 }, lane));
    return waits;
  };
}

function ours(options: ProducerOptions): Contestant {
  const connection = connect(client);
  return async (records) => {
    const producer = createProducer(stream, connection, { ...options, maxBufferedBytes: 8_388_608 });
    const waits: number[] = [];
    await producer.putMany(timed(records), {
      onReceipt: (_receipt, { putAt }: Timed) => {
        if (putAt !== undefined) waits.push(performance.now() - putAt);
      },
    });
    await producer.close();
    return waits;
  };
}

/** Notes when every hundredth record was put. */
function* timed(records: readonly Input[]): Generator<Timed> {
  for (const [index, record] of records.entries()) {
    yield index % 100 === 0 ? { ...record, putAt: performance.now() } : record;
  }
}

function putRecords(records: readonly Input[]): PutRecordsCommand {
  return new PutRecordsCommand({
    StreamName: 'bench',
    Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
