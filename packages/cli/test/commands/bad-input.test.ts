import { afterEach, expect, test, vi } from 'vitest';

import { createFakeKinesis, failure } from '../support/fake-kinesis.ts';
import { runCli } from '../support/run-cli.ts';
import { useServer } from '../support/server.ts';

const local = useServer({
  streams: { orders: {}, big: { maxRecordKiB: 10_240 } },
  region: 'us-east-1',
  accessKeyIds: ['good'],
  enforceRegion: true,
});
const good = { AWS_ACCESS_KEY_ID: 'good', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
const nobody = ['--endpoint-url', 'http://127.0.0.1:1'];
const MiB = 1024 * 1024;
// The SDK looks for credentials in the process itself.
const become = (env: Readonly<Record<string, string>>): void => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'])
    vi.stubEnv(name, env[name]);
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
};
afterEach(() => {
  vi.unstubAllEnvs();
});

interface Case {
  readonly name: string;
  readonly argv: readonly string[];
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** Not the server of this file. */
  readonly elsewhere?: boolean;
  readonly exit: number;
  readonly code: string;
  readonly hint: RegExp;
}

const cases: readonly Case[] = [
  {
    name: 'put to an unknown stream',
    argv: ['put', 'nope', 'x'],
    exit: 3,
    code: 'STREAM_NOT_FOUND',
    hint: /millrace streams ls/,
  },
  {
    name: 'tail of an unknown stream',
    argv: ['tail', 'nope'],
    exit: 3,
    code: 'STREAM_NOT_FOUND',
    hint: /millrace streams ls/,
  },
  {
    name: 'describe an unknown stream',
    argv: ['streams', 'describe', 'nope'],
    exit: 3,
    code: 'STREAM_NOT_FOUND',
    hint: /Create the stream/,
  },
  {
    name: 'delete an unknown stream',
    argv: ['streams', 'delete', 'nope', '-y'],
    exit: 3,
    code: 'STREAM_NOT_FOUND',
    hint: /Create the stream/,
  },
  {
    name: 'put where nobody listens',
    argv: ['put', 'orders', 'x', ...nobody],
    elsewhere: true,
    exit: 1,
    code: 'ENDPOINT_UNREACHABLE',
    hint: /millrace server/,
  },
  {
    name: 'tail where nobody listens',
    argv: ['tail', 'orders', ...nobody],
    elsewhere: true,
    exit: 1,
    code: 'ENDPOINT_UNREACHABLE',
    hint: /millrace server/,
  },
  {
    name: 'list where nobody listens',
    argv: ['streams', 'ls', ...nobody],
    elsewhere: true,
    exit: 1,
    code: 'ENDPOINT_UNREACHABLE',
    hint: /millrace server/,
  },
  {
    name: 'put with bad credentials',
    argv: ['put', 'orders', 'x'],
    env: { ...good, AWS_ACCESS_KEY_ID: 'bad' },
    exit: 4,
    code: 'CREDENTIALS_INVALID',
    hint: /credentials/,
  },
  {
    name: 'tail with bad credentials',
    argv: ['tail', 'orders'],
    env: { ...good, AWS_ACCESS_KEY_ID: 'bad' },
    exit: 4,
    code: 'CREDENTIALS_INVALID',
    hint: /credentials/,
  },
  {
    name: 'the wrong region',
    argv: ['streams', 'ls', '--region', 'eu-west-1'],
    exit: 4,
    code: 'CREDENTIALS_INVALID',
    hint: /region/,
  },
  {
    name: 'a record over 1 MiB',
    argv: ['put', 'orders', '--in', 'raw', '-k', 'a'],
    stdin: new Uint8Array(MiB),
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /--max-record-kib/,
  },
  {
    name: 'a record over what the stream takes',
    argv: ['put', 'orders', '--in', 'raw', '-k', 'a', '--max-record-kib', '10240'],
    stdin: new Uint8Array(MiB),
    exit: 6,
    code: 'PUT_REJECTED',
    hint: /./,
  },
  {
    name: 'a record over 10 MiB',
    argv: ['put', 'big', '--in', 'raw', '-k', 'a', '--max-record-kib', '10240'],
    stdin: new Uint8Array(10 * MiB),
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /./,
  },
  {
    name: 'an empty partition key',
    argv: ['put', 'orders', 'x', '--key', ''],
    exit: 2,
    code: 'OPTION_INVALID',
    hint: /1 to 256/,
  },
  {
    name: 'a partition key of 257 characters',
    argv: ['put', 'orders', 'x', '--key', 'k'.repeat(257)],
    exit: 2,
    code: 'OPTION_INVALID',
    hint: /1 to 256/,
  },
  {
    name: 'an empty partition key in the data',
    argv: ['put', 'orders', '{"k":""}', '--key', '.k'],
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /1 to 256/,
  },
  {
    name: 'a partition key of 257 characters in the data',
    argv: ['put', 'orders', `{"k":"${'k'.repeat(257)}"}`, '--key', '.k'],
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /1 to 256/,
  },
  {
    name: 'a hash key that is not decimal',
    argv: ['put', 'orders', 'x', '--hash-key', '0xff'],
    exit: 2,
    code: 'OPTION_INVALID',
    hint: /decimal/,
  },
  {
    name: 'a hash key that is not decimal in the data',
    argv: ['put', 'orders', '{"h":"ff"}', '--hash-key', '.h'],
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /decimal/,
  },
  {
    name: 'malformed JSON where a key is wanted',
    argv: ['put', 'orders', '{"k":', '--key', '.k'],
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /Mend the line/,
  },
  {
    name: 'a malformed record line',
    argv: ['put', 'orders', '--in', 'ndjson'],
    stdin: '{"v":1}\n',
    exit: 6,
    code: 'RECORD_INVALID',
    hint: /--in lines/,
  },
  {
    name: 'a data file that is missing',
    argv: ['put', 'orders', '@/no/such/file'],
    exit: 3,
    code: 'DATA_MISSING',
    hint: /Check the name/,
  },
  {
    name: 'a folder for a data file',
    argv: ['put', 'orders', '@/'],
    exit: 3,
    code: 'DATA_MISSING',
    hint: /Name a file/,
  },
  {
    name: 'a stream name the service would refuse',
    argv: ['put', 'or ders', 'x'],
    exit: 2,
    code: 'OPTION_INVALID',
    hint: /128/,
  },
  {
    name: 'an unknown command',
    argv: ['tial'],
    elsewhere: true,
    exit: 2,
    code: 'OPTION_INVALID',
    hint: /Did you mean tail/,
  },
  {
    name: 'no region',
    argv: ['streams', 'ls'],
    elsewhere: true,
    env: {},
    exit: 2,
    code: 'OPTION_INVALID',
    hint: /--region/,
  },
];

test.each(cases)(
  '$name: exit $exit, $code, and what to do',
  async ({ argv, stdin, env, elsewhere, exit, code, hint }) => {
    const flags = elsewhere === true ? [] : local.flags;
    become(env ?? good);
    const options = { env: env ?? good, ...(stdin !== undefined && { stdin }) };
    const human = await runCli([...argv, ...flags], options);
    expect({ exit: human.code, stdout: human.stdout }).toEqual({ exit, stdout: '' });
    expect(human.stderr).toMatch(/^error: /);
    expect(human.stderr).not.toContain('    at ');
    const machine = await runCli([...argv, ...flags, '--json'], options);
    expect(machine.code).toBe(exit);
    const told = JSON.parse(machine.stderr) as { code: string; message: string; hint: string };
    expect(told).toMatchObject({
      code,
      message: expect.stringMatching(/\S/) as unknown,
      hint: expect.stringMatching(hint) as unknown,
    });
  },
);

test('a record of 10 MiB goes into a stream that takes it', async () => {
  become(good);
  const { code } = await runCli(
    ['put', 'big', '--in', 'raw', '-k', 'a', '--max-record-kib', '10240', ...local.flags],
    {
      stdin: new Uint8Array(10 * MiB - 1),
      env: good,
    },
  );
  expect(code).toBe(0);
});

test('--debug shows the causes and no secret', async () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const kinesis = createFakeKinesis({
    admin: {
      list: async () => {
        throw Object.assign(failure('ACCESS_DENIED'), { cause: new Error(`signed with ${secret}`) });
      },
    },
  });
  const { stderr } = await runCli(['streams', 'ls', '--local', '--debug'], {
    doors: kinesis.doors,
    env: { AWS_SECRET_ACCESS_KEY: secret },
  });
  expect(stderr).toContain('caused by: Error: signed with [redacted]');
  expect(stderr).not.toContain(secret);
});

test('what is no error of ours says so, and is exit code 1', async () => {
  const kinesis = createFakeKinesis({
    admin: {
      list: async () => {
        throw new TypeError('x is not a function');
      },
    },
  });
  const { code, stderr } = await runCli(['streams', 'ls', '--local'], { doors: kinesis.doors });
  expect(code).toBe(1);
  expect(stderr).toContain('--debug');
});

test.each([
  [['iam'], '--role is missing.'],
  [['iam', '--role', 'producer', 'more'], 'Expected 0 arguments but got 1.\n'],
  [['replay', 'orders', '--into', 'stream:copy'], '--range is missing.'],
  [['generate', 'cfn'], '--config is missing.'],
  [['tail', 'orders', '--from', 'yesterday'], "'-15m', an ISO 8601 time, 'at:<sequence number>'"],
])('%j says plainly what it lacks', async (argv, told) => {
  const { code, stderr } = await runCli([
    ...argv,
    ...(argv[0] === 'iam' || argv[0] === 'generate' ? [] : local.flags),
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain(told);
});
