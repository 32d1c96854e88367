// The main job: real flights through an embedded Kinesis, with what production does to a consumer, and a count of what
// became of every one. `npm start` runs it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { KinesisClient, UpdateShardCountCommand } from '@aws-sdk/client-kinesis';
import { createProducer, isMillraceError, type Connection } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { expandRecord } from '@millrace/kinesis/codec';
import { sleep, systemClock } from '@millrace/kinesis/runtime';
import { startServer } from '@millrace/local';

import { findFlightData, flights, readFlights, type Flight } from './flights.ts';
import { Backlog } from './backlog.ts';
import { count, Progress } from './progress.ts';
import { parseSettings, usage, type Settings } from './settings.ts';
import { Tally, type Verdict } from './verdict.ts';
import { printVerdict } from './verdict-table.ts';
import { WorkerProcess } from './workers.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
/** Short, so that a killed worker's shards change hands while one watches. */
const leaseDurationMs = 3000;
/** Without a single new flight for so long, the rest counts as lost. */
const patienceMs = 30_000;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const settings = parseSettings(argv);
  if (settings === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if ('wrong' in settings) {
    process.stderr.write(`${settings.wrong}\n\n${usage}`);
    return 2;
  }
  try {
    const verdict = await run(settings);
    if (settings.json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
    else printVerdict(verdict);
    return verdict.lost === 0 && verdict.orderViolations === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${isMillraceError(error) ? `${error.code}: ${error.message}` : String(error)}\n`);
    return 1;
  }
}

async function run(settings: Settings): Promise<Verdict> {
  const startedAt = systemClock.monotonic();
  const data = findFlightData();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-flights-'));
  await using server = await startServer({ port: 0, streams: { flights: { shards: 4 } } });
  const client = { endpoint: server.endpoint, region: 'us-east-1', credentials };
  const connection = connect(client);
  const progress = new Progress();
  progress.say(
    `Embedded Kinesis ready at ${server.endpoint}: stream "flights", 4 shards, keyed by origin airport.`,
  );

  const start = (name: string): WorkerProcess =>
    new WorkerProcess(name, { endpoint: server.endpoint, folder, leaseDurationMs });
  const workers = [start('worker-1'), start('worker-2')];
  const sent = new Set<number>();
  const backlog = new Backlog();
  const tally = new Tally();
  const watch = (): void => {
    for (const { ledger } of workers) tally.add(ledger.read());
    const seconds = (systemClock.monotonic() - startedAt) / 1000;
    const { processed } = tally;
    const lagMs = backlog.age(systemClock.now(), (id) => tally.has(id));
    progress.show({ seconds, total: settings.records, sent: sent.size, processed, lagMs, workers });
  };
  try {
    await sendAll(connection, data, settings, {
      sent: (flight) => {
        sent.add(flight.id);
        backlog.add(flight);
      },
      watch,
      trouble: [
        { at: 0.35, strike: () => reshard(client, progress) },
        { at: 0.65, strike: () => killOne(workers, progress) },
      ],
    });
    progress.say(`All ${count(sent.size)} flights are stored; waiting for the workers to catch up.`);
    await untilProcessed(sent.size, tally, watch);
    const ends = await Promise.all(
      workers.filter(({ state }) => state === 'running').map((worker) => worker.stop()),
    );
    progress.say(`Stopped the surviving worker with SIGTERM: it gave its shards back (${ends.join(', ')}).`);
    watch();
    const stored = await readBack(connection);
    return tally.judge(sent, stored, (systemClock.monotonic() - startedAt) / 1000);
  } finally {
    await Promise.all(workers.filter(({ state }) => state === 'running').map((worker) => worker.kill()));
    for (const { ledger } of workers) ledger[Symbol.dispose]();
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Trouble {
  /** The share of flights sent at which it strikes. */
  readonly at: number;
  readonly strike: () => Promise<void>;
}

interface SendHooks {
  readonly sent: (flight: Flight) => void;
  readonly watch: () => void;
  readonly trouble: readonly Trouble[];
}

/** Puts every flight, no faster than asked; what must happen on the way happens on the way. */
async function sendAll(
  connection: Connection,
  data: string,
  settings: Settings,
  hooks: SendHooks,
): Promise<void> {
  await using producer = createProducer(flights, connection, {
    ordering: 'key',
    aggregation: 'key',
    linger: 10,
    // Enough for a few calls; what is more waits at the door, where no deadline runs.
    maxBufferedBytes: 4 * 1024 * 1024,
  });
  const troubles = [...hooks.trouble];
  const struck: Promise<void>[] = [];
  await producer.putMany(paced(), { onReceipt: (_, flight) => hooks.sent(flight) });
  await Promise.all(struck);

  async function* paced(): AsyncGenerator<Flight> {
    let startedAt: number | undefined;
    let put = 0;
    let watchedAt = 0;
    for await (const flight of readFlights(data, settings.records, () => systemClock.now())) {
      startedAt ??= systemClock.monotonic();
      yield flight;
      put++;
      if (put >= (troubles[0]?.at ?? Number.POSITIVE_INFINITY) * settings.records) {
        const next = troubles.shift();
        if (next !== undefined) struck.push(next.strike());
      }
      if (put % 64 !== 0) continue;
      const elapsed = systemClock.monotonic() - startedAt;
      const aheadMs = (1000 * put) / settings.rate - elapsed;
      if (aheadMs > 2) await sleep(systemClock, aheadMs);
      if (elapsed - watchedAt >= 250) {
        watchedAt = elapsed;
        hooks.watch();
      }
    }
  }
}

async function reshard(client: { endpoint: string; region: string }, progress: Progress): Promise<void> {
  progress.say('Resharding 4 → 8 while flights keep coming.');
  const kinesis = new KinesisClient({ ...client, credentials });
  try {
    await kinesis.send(
      new UpdateShardCountCommand({
        StreamName: flights.name,
        TargetShardCount: 8,
        ScalingType: 'UNIFORM_SCALING',
      }),
    );
  } finally {
    kinesis.destroy();
  }
}

async function killOne(workers: readonly WorkerProcess[], progress: Progress): Promise<void> {
  const [victim] = workers;
  if (victim === undefined) return;
  const held = victim.shards.length;
  const how = await victim.kill();
  progress.say(`Killed ${victim.workerId} (${how}) with ${held} shards in its hands; the other takes over.`);
}

async function untilProcessed(sent: number, tally: Tally, watch: () => void): Promise<void> {
  let movedAt = systemClock.monotonic();
  let before = -1;
  while (tally.processed < sent && systemClock.monotonic() - movedAt < patienceMs) {
    if (tally.processed > before) {
      before = tally.processed;
      movedAt = systemClock.monotonic();
    }
    await sleep(systemClock, 100);
    watch();
  }
}

/** Every flight in the stream, read again from the oldest record on, by somebody who was no part of the run. */
async function readBack(connection: Connection): Promise<Set<number>> {
  const stored = new Set<number>();
  const { reader } = connection;
  for (const { shardId } of await reader.listShards(flights.name)) {
    let iterator: string | undefined = await reader.openIterator(flights.name, shardId, { type: 'oldest' });
    while (iterator !== undefined) {
      const answer = await reader.read(iterator, { stream: flights.name, limit: 10_000 });
      for (const record of answer.records.flatMap((each) => expandRecord(each))) {
        stored.add((await flights.decode(record.data)).id);
      }
      // An open shard has no end; its tip is enough.
      iterator =
        answer.millisBehindLatest === 0 && answer.records.length === 0 ? undefined : answer.nextIterator;
    }
  }
  return stored;
}
