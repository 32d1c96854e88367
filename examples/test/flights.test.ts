import { mkdtempSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { findFlightData, readFlights, type Flight } from '../src/flights/flights.ts';
import { LedgerReader, type Delivery } from '../src/flights/ledger.ts';
import { parseSettings } from '../src/flights/settings.ts';
import { Tally } from '../src/flights/verdict.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function collect(flights: AsyncIterable<Flight>): Promise<Flight[]> {
  const all: Flight[] = [];
  for await (const flight of flights) all.push(flight);
  return all;
}

test('flights are read from the real data set, in order of departure and each with its own number', async () => {
  const flights = await collect(readFlights(findFlightData(), 1000, () => 7));
  expect(flights).toHaveLength(1000);
  expect(flights[0]).toEqual({
    id: 0,
    date: '2001-01-01T00:01:00.000Z',
    origin: 'LAS',
    destination: 'PHL',
    delay: 33,
    distance: 2176,
    sentAt: 7,
  });
  expect(flights.map(({ id }) => id)).toEqual(flights.map((_, index) => index));
  expect(flights.map(({ date }) => date)).toEqual(flights.map(({ date }) => date).toSorted());
}, 30_000);

test('a missing data file is told with what to do', async () => {
  expect(() => findFlightData(folder)).toThrow(expect.objectContaining({ code: 'DATA_MISSING' }));
  const missing = readFlights(join(folder, 'none.parquet'), 1, () => 0);
  await expect(collect(missing)).rejects.toMatchObject({ code: 'DATA_MISSING' });
});

test('the verdict counts what is lost, late and repeated by identity', () => {
  const tally = new Tally();
  tally.add([delivery(0, 'LAS', 110), delivery(2, 'LAS', 120), delivery(1, 'LAS', 130)]);
  tally.add([delivery(3, 'ATL', 115), delivery(2, 'LAS', 140)]);
  expect(tally.judge(new Set([0, 1, 2, 3, 4]), new Set([0, 1, 2, 3]), 1.23)).toEqual({
    sent: 5,
    stored: 4,
    processed: 4,
    lost: 1,
    orderViolations: 1,
    duplicates: 1,
    latencyMs: { p50: 20, p99: 30 },
    seconds: 1.2,
  });
});

function delivery(id: number, origin: string, handledAt: number): Delivery {
  return { id, origin, sentAt: 100, handledAt };
}

test('a ledger read while it is written never yields half a line', () => {
  const path = join(folder, 'ledger');
  using reader = new LedgerReader(path);
  expect(reader.read()).toEqual([]);
  writeFileSync(path, '1 LAS 100 110\n2 AT');
  expect(reader.read()).toEqual([{ id: 1, origin: 'LAS', sentAt: 100, handledAt: 110 }]);
  appendFileSync(path, 'L 100 111\n');
  expect(reader.read()).toEqual([{ id: 2, origin: 'ATL', sentAt: 100, handledAt: 111 }]);
});

test.each([
  [['--records', '0'], '--records'],
  [['--rate', 'fast'], '--rate'],
  [['--jsonn'], '--jsonn'],
])('options that make no sense are named: %j', (argv, name) => {
  expect(parseSettings(argv)).toEqual({ wrong: expect.stringContaining(name) });
});

test('without options the first 200,000 flights are sent, with --all three million', () => {
  expect(parseSettings([])).toEqual({ records: 200_000, rate: 12_500, json: false });
  expect(parseSettings(['--all', '--json'])).toEqual({ records: 3_000_000, rate: 60_000, json: true });
});
