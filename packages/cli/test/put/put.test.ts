import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';

import { decodeAggregate } from '@millrace/kinesis/codec';
import { createManualClock } from '@millrace/kinesis/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { drive } from '../support/drive.ts';
import { createFakeKinesis, failure, ok, refused } from '../support/fake-kinesis.ts';
import { runCli } from '../support/run-cli.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
});
afterEach(() => rm(folder, { recursive: true }));
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

test('each line of stdin is a record, its key taken from the line', async () => {
  const kinesis = createFakeKinesis();
  const { code, stdout, stderr } = await runCli(
    ['put', 'orders', '--key', '.customer', '--ordering', 'key'],
    {
      stdin: '{"id":1,"customer":"ada"}\n\n{ "id":2, "customer":"grace" }\r\n',
      doors: kinesis.doors,
    },
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('2 records put into orders');
  expect(kinesis.stored.map(({ partitionKey, data }) => [partitionKey, text(data)])).toEqual([
    ['ada', '{"id":1,"customer":"ada"}'],
    ['grace', '{ "id":2, "customer":"grace" }'],
  ]);
  expect(kinesis.closed).toBe(true);
});

test('a value on the command line is one record, byte for byte', async () => {
  const kinesis = createFakeKinesis();
  await runCli(['put', 'orders', 'two\nlines\n', '--key', 'ada', '--hash-key', '42'], {
    doors: kinesis.doors,
  });
  expect(kinesis.stored).toEqual([
    { partitionKey: 'ada', explicitHashKey: '42', data: Buffer.from('two\nlines\n') },
  ]);
});

test('@file is read line by line, and --in raw makes one record of it', async () => {
  const path = join(folder, 'input');
  await writeFile(path, 'a\nb\n');
  const lines = createFakeKinesis();
  await runCli(['put', 'orders', `@${path}`], { doors: lines.doors });
  expect(lines.stored.map(({ data }) => text(data))).toEqual(['a', 'b']);
  const raw = createFakeKinesis();
  await runCli(['put', 'orders', `@${path}`, '--in', 'raw'], { doors: raw.doors });
  expect(raw.stored.map(({ data }) => text(data))).toEqual(['a\nb\n']);
});

test('without --key every record has a key of its own', async () => {
  const kinesis = createFakeKinesis();
  await runCli(['put', 'orders'], { stdin: 'a\nb\nc\n', doors: kinesis.doors });
  expect(new Set(kinesis.stored.map(({ partitionKey }) => partitionKey)).size).toBe(3);
});

const recordLine = '{"v":1,"partitionKey":"ada","explicitHashKey":"7","encoding":"base64","value":"/w=="}';

test('record lines are recognised by the first, and keep key, hash key and bytes', async () => {
  const kinesis = createFakeKinesis();
  const { stderr } = await runCli(['put', 'orders'], { stdin: `${recordLine}\n`, doors: kinesis.doors });
  expect(kinesis.stored).toEqual([{ partitionKey: 'ada', explicitHashKey: '7', data: Buffer.from([0xff]) }]);
  expect(stderr).toContain('--in lines');
});

test('--in lines puts record lines as they are', async () => {
  const kinesis = createFakeKinesis();
  await runCli(['put', 'orders', '--in', 'lines'], { stdin: `${recordLine}\n`, doors: kinesis.doors });
  expect(kinesis.stored.map(({ data }) => text(data))).toEqual([recordLine]);
});

test('--key and --hash-key replace those of record lines', async () => {
  const kinesis = createFakeKinesis();
  const stdin = '{"v":1,"partitionKey":"ada","encoding":"json","value":{"city":"Ulm"}}\n';
  await runCli(['put', 'orders', '--key', '.city', '--hash-key', '1'], { stdin, doors: kinesis.doors });
  expect(kinesis.stored).toMatchObject([{ partitionKey: 'Ulm', explicitHashKey: '1' }]);
});

test('headers of record lines travel in the KPL format, records without stay plain', async () => {
  const kinesis = createFakeKinesis();
  const stdin = [
    '{"v":1,"partitionKey":"a","encoding":"utf8","value":"x","headers":{"trace":"1","__proto__":"2"}}\n',
    '{"v":1,"partitionKey":"b","encoding":"utf8","value":"y","headers":{}}\n',
  ].join('');
  const { code } = await runCli(['put', 'orders'], { stdin, doors: kinesis.doors });
  expect(code).toBe(0);
  const [first, second] = kinesis.stored;
  const [entry] = decodeAggregate(first?.data ?? new Uint8Array()) ?? [];
  expect(Object.entries(entry?.headers ?? {})).toEqual([
    ['trace', '1'],
    ['__proto__', '2'],
  ]);
  expect(text(entry?.data)).toBe('x');
  expect(text(second?.data)).toBe('y');
});

test('some records refused: exit code 6, their lines in the dead-letter file, the others stored', async () => {
  const path = join(folder, 'dead');
  const kinesis = createFakeKinesis();
  const stdin = '{"k":"a"}\nnot json\n{"k":"b"}\n{"other":1}\n';
  const { code, stderr } = await runCli(['put', 'orders', '--key', '.k', '--dead-letter', path], {
    stdin,
    doors: kinesis.doors,
  });
  expect(code).toBe(6);
  expect(kinesis.stored.map(({ partitionKey }) => partitionKey)).toEqual(['a', 'b']);
  expect(await readFile(path, 'utf8')).toBe('not json\n{"other":1}\n');
  expect(stderr).toContain('2 records not stored');
  expect(stderr).toContain('line 2: RECORD_INVALID');
  expect(stderr).toContain('line 4: RECORD_INVALID');
});

test('only the first failures are told in full', async () => {
  const kinesis = createFakeKinesis();
  const { stderr } = await runCli(['put', 'orders', '--key', '.k'], {
    stdin: `{"k":"a"}\n${'x\n'.repeat(20)}`,
    doors: kinesis.doors,
  });
  expect(stderr).toContain('20 records not stored');
  expect(stderr).toContain('and 15 more');
});

test('--json answers one document on stdout', async () => {
  const kinesis = createFakeKinesis();
  const { code, lines } = await runCli(['put', 'orders', '--key', '.k', '--json'], {
    stdin: '{"k":"a"}\nx\n',
    doors: kinesis.doors,
  });
  expect(code).toBe(6);
  expect(lines).toEqual([
    {
      stream: 'orders',
      delivered: 1,
      failed: 1,
      seconds: expect.any(Number) as unknown,
      interrupted: false,
      lastLine: 2,
      failures: [expect.objectContaining({ line: 2, code: 'RECORD_INVALID', input: 'x' }) as unknown],
    },
  ]);
});

test('--receipts writes where each record was stored', async () => {
  const kinesis = createFakeKinesis();
  const { lines } = await runCli(['put', 'orders', '--key', '=a', '--receipts'], {
    stdin: 'x\ny\n',
    doors: kinesis.doors,
  });
  expect(lines).toEqual(
    [1, 2].map((n) => ({
      v: 1,
      stream: 'orders',
      shardId: 'shardId-000000000000',
      sequenceNumber: String(n),
      subSequenceNumber: 0,
      partitionKey: 'a',
      attempts: 1,
      line: n,
    })),
  );
});

test('--num stops after so many, though the input goes on', async () => {
  const kinesis = createFakeKinesis();
  const stdin = new PassThrough();
  stdin.write('1\n2\n3\n4\n');
  const { code } = await runCli(['put', 'orders', '--num', '3'], { stdin, doors: kinesis.doors });
  expect(code).toBe(0);
  expect(kinesis.stored).toHaveLength(3);
  expect(stdin.destroyed).toBe(true);
});

test.each([
  ['STREAM_NOT_FOUND', 3],
  ['ACCESS_DENIED', 4],
  ['CREDENTIALS_INVALID', 4],
] as const)('%s ends it at once with exit code %d, without reading on', async (code, expected) => {
  const kinesis = createFakeKinesis({
    write: () => {
      throw failure(code);
    },
  });
  // A stdin that never ends: only stopping to read can end this.
  const stdin = new PassThrough();
  stdin.write('a\nb\n');
  const result = await runCli(['put', 'orders'], { stdin, doors: kinesis.doors });
  expect(result.code).toBe(expected);
  expect(result.stderr).toContain(`It failed with ${code}.`);
  expect(result.stderr).toContain('Mend it.');
});

test('a stream that vanishes on the way is a partial failure, since some records are stored', async () => {
  const kinesis = createFakeKinesis({
    write: (entries, call) => {
      if (call > 1) throw failure('STREAM_NOT_FOUND');
      return entries.map((_, index) => ok(String(index + 1)));
    },
  });
  const { code, stderr } = await runCli(['put', 'orders'], {
    stdin: 'x\n'.repeat(50_000),
    doors: kinesis.doors,
  });
  expect(code).toBe(6);
  expect(stderr).toContain('stopped early');
});

test('throttled to the deadline is exit code 5, told with what to do', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis({
    write: (entries) => entries.map(() => refused('ProvisionedThroughputExceededException')),
  });
  const running = runCli(['put', 'orders', '--deadline', '2s'], {
    stdin: 'a\nb\n',
    clock,
    doors: kinesis.doors,
  });
  const { code, stderr } = await drive(clock, running);
  expect(code).toBe(5);
  expect(stderr).toContain('2 records not stored');
});

test('Ctrl-C stops reading, waits for what is under way, and says that the rest was not sent', async () => {
  const user = new AbortController();
  const kinesis = createFakeKinesis({
    write: async (entries) => {
      user.abort();
      return entries.map((_, index) => ok(String(index + 1)));
    },
  });
  const stdin = new PassThrough();
  stdin.write('a\nb\n');
  const { code, stderr } = await runCli(['put', 'orders'], {
    stdin,
    signal: user.signal,
    doors: kinesis.doors,
  });
  expect(code).toBe(130);
  expect(kinesis.stored).toHaveLength(2);
  expect(stderr).toContain('stopped early');
});

test('--rate spreads records over time', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis();
  const running = runCli(['put', 'orders', '--rate', '10/s'], {
    stdin: 'x\n'.repeat(31),
    clock,
    doors: kinesis.doors,
  });
  const startedAt = clock.monotonic();
  await drive(clock, running);
  expect(kinesis.stored).toHaveLength(31);
  expect(clock.monotonic() - startedAt).toBeGreaterThanOrEqual(3000);
  expect(clock.monotonic() - startedAt).toBeLessThan(3200);
});

test('--progress says every second how far it is', async () => {
  const clock = createManualClock();
  const kinesis = createFakeKinesis();
  const running = runCli(['put', 'orders', '--rate', '1/s', '--progress'], {
    stdin: 'x\nx\nx\nx\n',
    clock,
    doors: kinesis.doors,
  });
  expect((await drive(clock, running)).stderr).toMatch(/1 s: [12] records? stored/);
});

test('a million lines are never held together', async () => {
  let waiting = 0;
  let most = 0;
  const kinesis = createFakeKinesis({
    write: async (entries) => {
      waiting += entries.length;
      most = Math.max(most, waiting);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      waiting -= entries.length;
      return entries.map((_, index) => ok(String(index + 1)));
    },
  });
  let produced = 0;
  let ahead = 0;
  async function* input(): AsyncGenerator<Uint8Array> {
    while (produced < 50_000) {
      produced += 100;
      ahead = Math.max(ahead, produced - kinesis.stored.length);
      yield Buffer.from('0123456789\n'.repeat(100));
    }
  }
  const { code } = await runCli(['put', 'orders', '--key', 'k'], {
    stdin: Readable.from(input()),
    doors: kinesis.doors,
  });
  expect(code).toBe(0);
  expect(kinesis.stored).toHaveLength(50_000);
  expect(most).toBeLessThanOrEqual(2500);
  // What a stream reads ahead by itself comes on top: chunks, not records.
  expect(ahead).toBeLessThan(6000);
});
