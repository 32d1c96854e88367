/**
 * The embedded server beside the two others there are for Node, and beside a server that parses the request and
 * answers canned bytes. Each is a process of its own; the load comes as requests serialised beforehand over raw
 * sockets, 8 in flight. `--only=CASE,…` runs some of: put, get, latency, subscribe, start, rss, and those that take
 * long and run only so: curve, soak. `--full` takes longer rounds, fills the slower peers and lets the curve go to ten
 * million records.
 */
import { progress, report } from './harness.ts';
import {
  floor,
  installPeers,
  kinesaliteOnDisk,
  ours,
  oursWith,
  start,
  type Contestant,
  type Kind,
} from './local/contestant.ts';
import * as load from './local/load.ts';
import { subscribeLatencies } from './local/subscribe.ts';

const full = process.argv.includes('--full');
const only = process.argv.find((option) => option.startsWith('--only='))?.slice('--only='.length);
const ROUNDS = 5;
const ROUND_MS = full ? 1000 : 300;
/** Until the compiler is done with everyone, the floor included; a round of the usual length is too short for it. */
const WARM_UP_MS = 2000;

const peers = process.argv.includes('--no-peers') ? [] : installPeers();
const onDisk: readonly Kind[] = process.argv.includes('--memory-only')
  ? []
  : [oursWith('process'), oursWith('fsync')];

await section('put', async () => {
  const servers = await startAll([ours, ...onDisk, ...peers, floor]);
  await putCase(servers, 100, '100B');
  await putCase(servers, 1024, '1KiB');
  await stopAll(servers);
});
await section('get', async () => {
  const servers = await startAll([ours, ...onDisk, ...peers, floor]);
  await getCase(servers, 100, '100B');
  await stopAll(servers);
});
await section('latency', pollLatencyCase);
await section('subscribe', subscribeLatencyCase);
await section('start', startCase);
await section('rss', rssCase);
await section('curve', curveCase, 'long');
await section('soak', soakCase, 'long');

async function section(name: string, run: () => Promise<void>, long?: 'long'): Promise<void> {
  if (only === undefined ? long === undefined : only.split(',').includes(name)) await run();
}

async function putCase(servers: readonly Contestant[], bytes: number, size: string): Promise<void> {
  const rates = await rounds(`put ${size}`, servers, async (server, ms) => {
    if (server.kind === floor) return load.put(server, 'any', bytes, { ms });
    const stream = await load.createStream(server, 4);
    const rate = await load.put(server, stream, bytes, server.kind.slow ? { records: 4000 } : { ms });
    await load.deleteStream(server, stream);
    return rate;
  });
  compare(`put-${size}`, 'records/s', rates);
}

async function getCase(servers: readonly Contestant[], bytes: number, size: string): Promise<void> {
  const streams = new Map<Contestant, string>();
  let pageRecords = 0;
  for (const server of servers) {
    if (server.kind === floor) continue;
    const stream = await load.createStream(server, 1);
    const records = server.kind.slow ? 2000 : server.kind.name.startsWith('ours') ? 100_000 : 20_000;
    await load.put(server, stream, bytes, { records });
    streams.set(server, stream);
  }
  for (const server of servers) {
    const [first] = streams;
    if (server.kind !== floor || first === undefined) continue;
    const page = await load.page(...first);
    pageRecords = (JSON.parse(page.toString()) as { Records: unknown[] }).Records.length;
    await load.teachFloor(server, page);
  }
  const rates = await rounds(`get ${size}`, servers, (server, ms) =>
    server.kind === floor
      ? load.readCanned(server, pageRecords, ms)
      : load.read(server, streams.get(server) ?? '', ms),
  );
  compare(`get-${size}`, 'records/s', rates);
}

function pollLatencyCase(): Promise<void> {
  return latencyCase('poll-latency', [ours, ...onDisk, ...peers], load.latencies);
}

/** kinesalite has no subscriptions. */
function subscribeLatencyCase(): Promise<void> {
  const able = peers.filter(({ subscribes = false }) => subscribes);
  return latencyCase('subscribe-latency', [ours, ...onDisk, ...able], subscribeLatencies);
}

async function latencyCase(
  name: string,
  kinds: readonly Kind[],
  measure: (server: Contestant, count: number) => Promise<readonly number[]>,
): Promise<void> {
  const servers = await startAll(kinds);
  const found = new Map<Contestant, readonly number[]>();
  for (const server of servers) {
    await measure(server, 50);
    found.set(server, await measure(server, full ? 2000 : 400));
    progress(`${name}: ${server.kind.name}`);
  }
  for (const part of [50, 99]) {
    const at = [...found].map(
      ([server, all]) => [server, all[Math.floor((all.length * part) / 100)] ?? Number.NaN] as const,
    );
    compare(`${name}-p${part}`, 'ms', new Map(at), 'lower');
  }
  await stopAll(servers);
}

async function startCase(): Promise<void> {
  const times = new Map<Kind, number[]>([ours, ...onDisk, ...peers, floor].map((kind) => [kind, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [kind, all] of times) {
      const server = await start(kind);
      if (round > 0) all.push(server.startMs);
      await server.stop();
    }
    progress(`start: round ${round} of ${ROUNDS}`);
  }
  const medians = new Map([...times].map(([kind, all]) => [{ kind }, median(all)] as const));
  compare('start', 'ms', medians, 'lower');
}

async function rssCase(): Promise<void> {
  const records = 1_000_000;
  const memory = peers.filter((peer) => full && !peer.slow);
  const disk = onDisk.slice(0, 1).concat(full && peers.length > 0 ? [kinesaliteOnDisk] : []);
  for (const [name, kinds] of [
    ['rss-1M-100B', [ours, ...memory]],
    ['rss-1M-100B-path', disk],
  ] as const) {
    const found = new Map<{ readonly kind: Kind }, number>();
    for (const kind of kinds) {
      const server = await start(kind);
      const stream = await load.createStream(server, 4);
      await load.put(server, stream, 100, { records });
      found.set({ kind }, server.residentMiB());
      progress(`${name}: ${kind.name}`);
      await server.stop();
    }
    if (found.size > 0) compare(name, 'MiB', found, 'lower');
  }
}

/** Cost of a record, nanoseconds: flat is good. */
async function curveCase(): Promise<void> {
  for (const kind of [ours, ...onDisk.slice(0, 1)]) {
    const server = await start(kind);
    const suffix = kind === ours ? '' : '-path';
    for (const shards of [1, 10, 100, 1000]) {
      const stream = await load.createStream(server, shards);
      await load.put(server, stream, 100, { ms: ROUND_MS });
      const samples = [];
      for (let round = 0; round < 3; round++)
        samples.push(await load.put(server, stream, 100, { ms: ROUND_MS / 2 }));
      costOf(`put-100B-${shards}-shards${suffix}`, median(samples));
      await load.deleteStream(server, stream);
    }
    const stream = await load.createStream(server, 1);
    let stored = 0;
    for (const depth of [10_000, 100_000, 1_000_000, ...(full ? [10_000_000] : [])]) {
      const rate = await load.put(server, stream, 100, { records: depth - stored });
      stored = depth;
      costOf(`put-100B-to-${depth}-stored${suffix}`, rate);
      costOf(`get-100B-of-${depth}-stored${suffix}`, await load.read(server, stream, ROUND_MS));
    }
    await server.stop();
  }
}

/**
 * Ten million records in a folder, read back whole: memory is bounded by the folder's windows, not by what is stored.
 * Without a folder all of it is kept: how many bytes a record of 100 bytes takes is told of a million.
 */
async function soakCase(): Promise<void> {
  const records = 10_000_000;
  const part = 250_000;
  const server = await start(oursWith('process'));
  const stream = await load.createStream(server, 1);
  let most = 0;
  const note = (): void => {
    most = Math.max(most, server.residentMiB());
  };
  for (let stored = 0; stored < records; stored += part) {
    await load.put(server, stream, 100, { records: part });
    note();
    if ((stored + part) % 1_000_000 === 0)
      progress(`soak: ${stored + part} records, ${neat(most)} MiB at most`);
  }
  const read = await load.recordsIn(server, stream);
  note();
  const result = { bench: 'local', better: 'lower' } as const;
  report({ ...result, case: 'soak-10M-path-rss', unit: 'MiB', ours: neat(most) });
  report({ ...result, case: 'soak-10M-path-lost', unit: 'records', ours: records - read });
  await server.stop();

  const inMemory = await start(ours);
  const kept = await load.createStream(inMemory, 1);
  const before = inMemory.residentMiB();
  const many = 1_000_000;
  await load.put(inMemory, kept, 100, { records: many });
  const bytes = ((inMemory.residentMiB() - before) * 1024 * 1024) / many;
  report({ ...result, case: 'soak-memory-per-record', unit: 'bytes', ours: neat(bytes) });
  await inMemory.stop();
}

function costOf(name: string, rate: number): void {
  report({ bench: 'local', case: name, unit: 'ns/record', ours: Math.round(1e9 / rate), better: 'lower' });
}

async function startAll(kinds: readonly Kind[]): Promise<readonly Contestant[]> {
  const servers: Contestant[] = [];
  for (const kind of kinds) servers.push(await start(kind));
  return servers;
}

async function stopAll(servers: readonly Contestant[]): Promise<void> {
  for (const server of servers) await server.stop();
}

/** Medians of interleaved rounds after one to warm up; a slow server has one round. */
async function rounds(
  title: string,
  servers: readonly Contestant[],
  measure: (server: Contestant, ms: number) => Promise<number>,
): Promise<ReadonlyMap<Contestant, number>> {
  const samples = new Map<Contestant, number[]>(servers.map((server) => [server, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const server = servers[(turn + round) % servers.length];
      if (server === undefined || (server.kind.slow && round !== 1)) continue;
      const rate = await measure(server, round === 0 ? WARM_UP_MS : ROUND_MS);
      if (round > 0) samples.get(server)?.push(rate);
    }
    progress(`${title}: round ${round} of ${ROUNDS}`);
  }
  return new Map([...samples].map(([server, all]) => [server, median(all)]));
}

/** One line for each of ours, with the same peers and floor. */
function compare(
  name: string,
  unit: string,
  figures: ReadonlyMap<{ readonly kind: Kind }, number>,
  better: 'higher' | 'lower' = 'higher',
): void {
  const of = (wanted: (kind: Kind) => boolean): readonly (readonly [string, number])[] =>
    [...figures].filter(([{ kind }]) => wanted(kind)).map(([{ kind }, value]) => [kind.name, neat(value)]);
  const others = Object.fromEntries(of((kind) => kind !== floor && !kind.name.startsWith('ours')));
  const lowest = of((kind) => kind === floor)[0]?.[1];
  for (const [contestant, value] of of((kind) => kind.name.startsWith('ours'))) {
    report({
      bench: 'local',
      case: contestant === 'ours' ? name : `${name}-path-${contestant.split(' ')[1]}`,
      unit,
      ours: value,
      ...(Object.keys(others).length > 0 && { peers: others }),
      ...(lowest !== undefined && { floor: lowest }),
      better,
    });
  }
}

function neat(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
