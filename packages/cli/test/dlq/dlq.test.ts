import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { kinesisEvent } from '@millrace/kinesis/testing';
import { MillraceError } from '@millrace/kinesis/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Buckets } from '../../src/aws/buckets.ts';
import type { Queues } from '../../src/aws/queues.ts';
import type { Services } from '../../src/aws/services.ts';
import { createLocalCli, type LocalCli } from '../support/local.ts';
import { runCli } from '../support/run-cli.ts';
import { failureDocument, numbersOf, snsEnvelope } from './documents.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-dlq-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A stream of one shard with records 0, 1, 2 …, and their sequence numbers. */
async function filled(
  count: number,
): Promise<{ readonly cli: LocalCli; readonly numbers: readonly string[] }> {
  const cli = await createLocalCli({ streams: { orders: { shards: 1 }, copy: { shards: 1 } } });
  for (let index = 0; index < count; index++) await cli.put('orders', `key-${index}`, `value-${index}`);
  const { lines } = await cli.run(['tail', 'orders', '--from', 'oldest', '--exit-at-end']);
  return { cli, numbers: lines.map(({ sequenceNumber }) => String(sequenceNumber)) };
}

function write(name: string, document: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  return path;
}

function stretch(
  numbers: readonly string[],
  from: number,
  to: number,
  batchSize = to - from + 1,
): { from: string; to: string; batchSize: number } {
  return { from: numbers[from] ?? '', to: numbers[to] ?? '', batchSize };
}

async function valuesOf(cli: LocalCli, stream: string): Promise<readonly unknown[]> {
  const { lines } = await cli.run(['tail', stream, '--from', 'oldest', '--exit-at-end']);
  return lines.map(({ value }) => value);
}

/** The same Kinesis with a queue or a bucket beside it. */
function beside(cli: LocalCli, services: Partial<Services>): Pick<LocalCli['doors'], 'openKinesis'> {
  return {
    openKinesis: async (target) => {
      const kinesis = await cli.doors.openKinesis(target);
      return { ...kinesis, services: { ...kinesis.services, ...services } };
    },
  };
}

/** A queue in memory: what is received is out of sight until released. */
function fakeQueue(bodies: readonly unknown[]): {
  readonly queues: Queues;
  readonly left: () => readonly string[];
  readonly hidden: Set<string>;
} {
  const messages = new Map(bodies.map((body, index) => [`m${index}`, JSON.stringify(body)]));
  const hidden = new Set<string>();
  return {
    hidden,
    left: () => [...messages.keys()],
    queues: {
      urlOf: async (arn) => `https://sqs.test/${arn.split(':').at(-1)}`,
      receive: async (_, most) => {
        const found = [...messages].filter(([id]) => !hidden.has(id)).slice(0, most);
        for (const [id] of found) hidden.add(id);
        return found.map(([id, body]) => ({ id, receipt: `r-${id}`, body }));
      },
      release: async (_, receipt) => void hidden.delete(receipt.slice(2)),
      delete: async (_, receipt) => {
        messages.delete(receipt.slice(2));
        hidden.delete(receipt.slice(2));
      },
    },
  };
}

test('ls shows what was given up and how long the stream still has it', async () => {
  const { cli, numbers } = await filled(4);
  await using _ = cli;
  write('a.json', failureDocument(stretch(numbers, 1, 2)));
  write('b.json', snsEnvelope(failureDocument(stretch(numbers, 3, 3), { payload: '{"Records":[]}' })));
  write('c.json', 'garbage');
  await cli.clock.advance(3_600_000);
  const { code, lines } = await cli.run(['dlq', 'ls', folder]);
  expect(code).toBe(0);
  expect(lines).toEqual([
    {
      id: join(folder, 'a.json'),
      kind: 'batch',
      reason: 'RetryAttemptsExhausted',
      stream: 'orders',
      shardId: 'shardId-000000000000',
      from: numbers[1],
      to: numbers[2],
      records: 2,
      hasBytes: false,
      expiresAt: '2026-01-02T00:00:00.000Z',
      leftMs: expect.any(Number),
    },
    expect.objectContaining({ kind: 'batch', records: 1, hasBytes: true }),
    expect.objectContaining({ kind: 'unreadable', reason: 'it is not JSON' }),
  ]);
  expect(Math.round(Number(lines[0]?.['leftMs']) / 3_600_000)).toBe(23);
  const table = await cli.run(['dlq', 'ls', folder], {
    tty: { stdout: true },
    env: { MILLRACE_LOCAL: '1', NO_COLOR: '1' },
  });
  expect(table.stdout).toMatch(/RetryAttemptsExhausted +orders +0 +2 +2[23] h \d+ m\n/);
  expect(table.stdout).toContain('kept');
});

test('show reads the records of a stretch again, neither more nor less', async () => {
  const { cli, numbers } = await filled(6);
  await using _ = cli;
  const path = write('a.json', failureDocument(stretch(numbers, 2, 4)));
  const { code, lines } = await cli.run(['dlq', 'show', path]);
  expect(code).toBe(0);
  expect(lines.map(({ value, sequenceNumber }) => [value, sequenceNumber])).toEqual([
    ['value-2', numbers[2]],
    ['value-3', numbers[3]],
    ['value-4', numbers[4]],
  ]);
});

test('records that have expired, or whose stream is gone, are told as such with exit code 7', async () => {
  const { cli, numbers } = await filled(2);
  await using _ = cli;
  await cli.clock.advance(25 * 3_600_000);
  await cli.put('orders', 'k', 'young');
  const path = write('a.json', failureDocument(stretch(numbers, 0, 1)));
  const { code, stdout, stderr } = await cli.run(['dlq', 'show', path]);
  expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
  expect(stderr).toContain('expired');
  await cli.run(['streams', 'delete', 'orders', '--yes']);
  const gone = await cli.run(['dlq', 'show', path]);
  expect(gone.code).toBe(7);
  expect(gone.stderr).toContain('gone');
});

test('redrive does nothing until told to, then puts the records as they were', async () => {
  const { cli, numbers } = await filled(5);
  await using _ = cli;
  const path = write('a.json', failureDocument(stretch(numbers, 1, 3)));
  const dry = await cli.run(['dlq', 'redrive', path, '--into', 'stream:copy']);
  expect(dry).toMatchObject({
    code: 0,
    lines: [{ id: path, records: 3, status: 'ready', source: 'stream' }],
  });
  expect(dry.stderr).toContain('nothing was done');
  expect(await valuesOf(cli, 'copy')).toEqual([]);
  const done = await cli.run(['dlq', 'redrive', path, '--into', 'stream:copy', '--yes']);
  expect(done).toMatchObject({ code: 0, lines: [{ records: 3, status: 'redriven' }] });
  const { lines } = await cli.run(['tail', 'copy', '--from', 'oldest', '--exit-at-end']);
  expect(lines.map(({ partitionKey, value }) => [partitionKey, value])).toEqual([
    ['key-1', 'value-1'],
    ['key-2', 'value-2'],
    ['key-3', 'value-3'],
  ]);
});

test('a stretch with records that were not in the batch is left, unless it is wanted whole', async () => {
  const { cli, numbers } = await filled(5);
  await using _ = cli;
  const path = write('a.json', failureDocument(stretch(numbers, 0, 4, 2)));
  const argv = ['dlq', 'redrive', path, '--into', 'stream:copy', '--yes'];
  const left = await cli.run(argv);
  expect(left).toMatchObject({
    code: 6,
    lines: [{ status: 'left', reason: expect.stringContaining('5 records, 2 of which') }],
  });
  expect(await valuesOf(cli, 'copy')).toEqual([]);
  expect(await cli.run([...argv, '--whole-stretch'])).toMatchObject({
    code: 0,
    lines: [{ status: 'redriven', records: 5 }],
  });
});

test('a payload needs no stream, and goes to a file that put reads', async () => {
  const event = kinesisEvent([
    { partitionKey: 'ada', data: '{"id":1}' },
    { partitionKey: 'bob', data: 'plain' },
  ]);
  const [from = '', to = ''] = numbersOf(event);
  mkdirSync(join(folder, 'in'));
  write('in/a', failureDocument({ from, to, batchSize: 2 }, { payload: JSON.stringify(event) }));
  const out = join(folder, 'out.ndjson');
  const { code } = await runCli(['dlq', 'redrive', join(folder, 'in'), '--into', `file:${out}`, '--yes']);
  expect(code).toBe(0);
  const lines = readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { v: 1, partitionKey: 'ada', encoding: 'json', value: { id: 1 } },
    { v: 1, partitionKey: 'bob', encoding: 'utf8', value: 'plain' },
  ]);
});

test('through a handler: what it takes is redriven, what it fails is left', async () => {
  const handler = join(import.meta.dirname, '..', 'lambda', 'partial.mjs');
  for (const [values, code, status] of [
    [['good', 'good'], 0, 'redriven'],
    [['good', 'bad'], 6, 'left'],
  ] as const) {
    const event = kinesisEvent(values);
    const [from = '', to = ''] = numbersOf(event);
    const path = write('a.json', failureDocument({ from, to, batchSize: 2 }, { payload: event }));
    const result = await runCli(['dlq', 'redrive', path, '--into', `handler:${handler}`, '--yes']);
    expect(result).toMatchObject({ code, lines: [{ status }] });
    expect(result.stderr).toContain('got 2 of arn:aws:kinesis:us-east-2:123456789012:stream/orders');
  }
}, 30_000);

test('a queue is looked at without taking anything out; --delete removes what was redriven whole', async () => {
  const { cli, numbers } = await filled(3);
  await using _ = cli;
  const { queues, left, hidden } = fakeQueue([
    failureDocument(stretch(numbers, 0, 0)),
    failureDocument(stretch(numbers, 1, 2, 1)),
    snsEnvelope(failureDocument(stretch(numbers, 2, 2))),
  ]);
  const doors = beside(cli, { queues: async () => queues });
  const url = 'https://sqs.us-east-1.amazonaws.com/123456789012/dlq';
  const listed = await cli.run(['dlq', 'ls', url], { doors });
  expect(listed.lines.map(({ id }) => id)).toEqual(['m0', 'm1', 'm2']);
  expect([left(), [...hidden]]).toEqual([['m0', 'm1', 'm2'], []]);
  const arn = 'arn:aws:sqs:us-east-1:123456789012:dlq';
  const done = await cli.run(['dlq', 'redrive', arn, '--into', 'stream:copy', '--yes', '--delete'], {
    doors,
  });
  expect(done).toMatchObject({
    code: 6,
    lines: [{ status: 'redriven' }, { status: 'left' }, { status: 'redriven' }],
  });
  expect([left(), [...hidden]]).toEqual([['m1'], []]);
  expect(await valuesOf(cli, 'copy')).toEqual(['value-0', 'value-2']);
});

test('a bucket is read by prefix, one can be picked, and is removed only with --delete', async () => {
  const { cli } = await filled(0);
  await using _ = cli;
  const event = kinesisEvent(['one']);
  const [from = ''] = numbersOf(event);
  const text = JSON.stringify(
    failureDocument({ from, to: from, batchSize: 1 }, { payload: JSON.stringify(event) }),
  );
  const objects = new Map([
    ['aws/lambda/u/s/a', text],
    ['aws/lambda/u/s/b', text],
    ['other', text],
  ]);
  const buckets: Buckets = {
    keys: async (_bucket, prefix, most) =>
      [...objects.keys()].filter((key) => key.startsWith(prefix)).slice(0, most),
    text: async (_bucket, key) => objects.get(key) ?? '',
    delete: async (_bucket, key) => void objects.delete(key),
  };
  const doors = beside(cli, { buckets: async () => buckets });
  const argv = [
    'dlq',
    'redrive',
    's3://failures/aws/lambda/',
    'aws/lambda/u/s/b',
    '--into',
    'stream:copy',
    '--yes',
  ];
  expect(await cli.run(argv, { doors })).toMatchObject({
    code: 0,
    lines: [{ id: 'aws/lambda/u/s/b', status: 'redriven' }],
  });
  expect(objects.size).toBe(3);
  await cli.run([...argv, '--delete'], { doors });
  expect([...objects.keys()]).toEqual(['aws/lambda/u/s/a', 'other']);
});

/** What `lostToSqs` sends when the record lies in its overflow. */
function pointer(bucket: string, key: string): object {
  return { v: 1, stream: 'orders', s3: { bucket, key }, lostAt: '2026-01-01T00:00:00.000Z' };
}

describe('a record that was too large for its queue', () => {
  const lost = JSON.stringify({
    v: 1,
    stream: 'orders',
    partitionKey: 'ada',
    encoding: 'base64',
    value: Buffer.from('large').toString('base64'),
    error: { code: 'HANDLER_FAILED', message: 'no' },
    lostAt: '2026-01-01T00:00:00.000Z',
  });
  test('is read from the bucket beside its queue in a folder, and is not listed twice', async () => {
    mkdirSync(join(folder, 'sqs/dead'), { recursive: true });
    mkdirSync(join(folder, 's3/overflow/lost'), { recursive: true });
    const message = write('sqs/dead/1.json', pointer('overflow', 'lost/a.json'));
    write('s3/overflow/lost/a.json', lost);
    const doors = { openKinesis: async () => Promise.reject(new Error('nobody asks for S3')) };
    for (const from of [folder, join(folder, 'sqs/dead'), message]) {
      const { code, lines } = await runCli(['dlq', 'ls', from], { doors });
      expect(code).toBe(0);
      expect(lines).toMatchObject([{ id: message, kind: 'record', hasBytes: true, stream: 'orders' }]);
    }
  });

  test('is left where it is while its object cannot be had, and the rest goes on', async () => {
    const { cli } = await filled(0);
    await using _ = cli;
    const { queues, left } = fakeQueue([pointer('overflow', 'gone'), pointer('overflow', 'a')]);
    const deleted: string[] = [];
    const buckets: Buckets = {
      keys: async () => [],
      async text(_bucket, key) {
        if (key === 'a') return lost;
        throw new MillraceError('SERVICE_FAILED', 'GetObject failed.', { advice: '', service: 'NoSuchKey' });
      },
      delete: async (bucket, key) => void deleted.push(`${bucket}/${key}`),
    };
    const doors = beside(cli, { queues: async () => queues, buckets: async () => buckets });
    const url = 'https://sqs.us-east-1.amazonaws.com/123456789012/dlq';
    const done = await cli.run(['dlq', 'redrive', url, '--into', 'stream:copy', '--yes', '--delete'], {
      doors,
    });
    expect(done).toMatchObject({
      code: 6,
      lines: [
        {
          status: 'left',
          reason: 's3://overflow/gone, where its record lies: there is no such object',
        },
        { status: 'redriven' },
      ],
    });
    expect([left(), deleted]).toEqual([['m0'], ['overflow/a']]);
    expect(await valuesOf(cli, 'copy')).toEqual(['large']);
  });

  test.each([
    ['overflow', '../../outside'],
    ['..', 'outside'],
    ['overflow', '/etc/hostname'],
  ])('is never read from outside of its bucket: %s, %s', async (bucket, key) => {
    mkdirSync(join(folder, 'in/s3/overflow'), { recursive: true });
    write('in/outside', lost);
    write('outside', lost);
    const path = write('in/pointer', pointer(bucket, key));
    const asked: string[] = [];
    const { cli } = await filled(0);
    await using _ = cli;
    const buckets = {
      text: async (from: string, wanted: string): Promise<string> => {
        asked.push(`${from} ${wanted}`);
        return lost;
      },
    } as unknown as Buckets;
    await cli.run(['dlq', 'ls', path], { doors: beside(cli, { buckets: async () => buckets }) });
    // S3 is asked, which has no folders to climb out of.
    expect(asked).toEqual([`${bucket} ${key}`]);
  });
});

test.each([
  [['dlq', 'ls', 'no-such-file'], 3],
  [['dlq', 'ls', 's3://'], 2],
  [['dlq', 'ls', 'arn:aws:sns:us-east-1:1:topic'], 2],
  [['dlq', 'show', import.meta.filename, 'no-such-id'], 3],
  [['dlq', 'redrive', import.meta.filename], 2],
  [['dlq', 'redrive', import.meta.filename, '--into', 'topic:x'], 2],
  [['dlq', 'redrive', import.meta.filename, '--into', 'stream:x', '--delete'], 2],
])('%j is refused with exit code %i', async (argv, code) => {
  expect(await runCli(argv)).toMatchObject({ code, stdout: '' });
});
