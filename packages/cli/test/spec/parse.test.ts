import { expect, test } from 'vitest';

import { optionsOf } from '../../src/spec/commands.ts';
import { Options } from '../../src/spec/options.ts';
import { parse, type Parsed } from '../../src/spec/parse.ts';

type Run = Extract<Parsed, { kind: 'run' }>;

const parsed = (...argv: string[]): Run => {
  const result = parse(argv);
  if (result.kind !== 'run') throw new Error(JSON.stringify(result));
  return result;
};
const options = (run: Run, env: Record<string, string> = {}): Options =>
  new Options(optionsOf(run.command), run.given, env);

test('a value may begin with a dash, and equal another option', () => {
  expect(options(parsed('tail', 'orders', '--from', '-15m')).text('from')).toBe('-15m');
  expect(options(parsed('tail', 'orders', '--grep', '--json')).text('grep')).toBe('--json');
  expect(options(parsed('put', 'orders', '--key', '-v')).flag('verbose')).toBe(false);
});

test('options of the whole program may stand before the command, its group, or after it; the nearest counts', () => {
  for (const argv of [
    ['--region', 'eu-west-1', 'streams', 'ls'],
    ['streams', '--region', 'eu-west-1', 'ls'],
    ['streams', 'ls', '--region', 'eu-west-1'],
    ['--region', 'us-east-2', 'streams', 'ls', '--region', 'eu-west-1'],
  ]) {
    expect(options(parsed(...argv)).text('region')).toBe('eu-west-1');
  }
});

test("kinesalite's flag names work", () => {
  const server = options(
    parsed('server', '--createStreamMs', '5', '--shardLimit', '7', '--deleteStreamMs', '6'),
  );
  expect(server.number('create-stream-ms')).toBe(5);
  expect(server.number('delete-stream-ms')).toBe(6);
  expect(server.number('shard-limit')).toBe(7);
});

test('a list option collects, any other keeps its last value', () => {
  expect(options(parsed('server', '--stream', 'a', '--stream', 'b:2')).list('stream')).toEqual(['a', 'b:2']);
  expect(options(parsed('server', '--port', '1', '--port', '2')).number('port')).toBe(2);
});

test('a flag that turns something off is off by default', () => {
  expect(options(parsed('streams', 'create', 'a')).flag('no-wait')).toBe(false);
  expect(options(parsed('streams', 'create', 'a', '--no-wait')).flag('no-wait')).toBe(true);
});

test('flag beats environment, our own variable beats the general one, and an empty one is none', () => {
  const env = {
    AWS_ENDPOINT_URL: 'http://a',
    AWS_ENDPOINT_URL_KINESIS: 'http://b',
    MILLRACE_ENDPOINT_URL: 'http://c',
  };
  expect(options(parsed('streams', 'ls', '--endpoint-url', 'http://d'), env).text('endpoint-url')).toBe(
    'http://d',
  );
  expect(options(parsed('streams', 'ls'), env).text('endpoint-url')).toBe('http://c');
  expect(options(parsed('streams', 'ls'), { ...env, MILLRACE_ENDPOINT_URL: '' }).text('endpoint-url')).toBe(
    'http://b',
  );
  expect(options(parsed('streams', 'ls'), { AWS_ENDPOINT_URL: 'http://a' }).text('endpoint-url')).toBe(
    'http://a',
  );
  expect(options(parsed('streams', 'ls'), { MILLRACE_LOCAL: '1' }).flag('local')).toBe(true);
  expect(options(parsed('streams', 'ls'), { MILLRACE_LOCAL: '0' }).flag('local')).toBe(false);
});

test.each([
  ['tial', 'Did you mean tail?'],
  ['streams lss', 'Did you mean ls?'],
  ['put orders --agregate', 'Did you mean --aggregate?'],
  ['tail', 'millrace tail --help'],
  ['tail orders extra', 'millrace tail --help'],
  ['shards split orders', 'millrace shards split --help'],
  ['tail orders --from', 'millrace tail --help'],
])('millrace %s is a usage error that says: %s', (line, advice) => {
  expect(parse(line.split(' '))).toMatchObject({
    kind: 'usage',
    advice: expect.stringContaining(advice) as unknown,
  });
});

test.each([
  [['server', '--port', '65536'], '--port'],
  [['server', '--port', '1e3'], '--port'],
  [['server', '--port', ''], '--port'],
  [['server', '--create-stream-ms', 'soon'], '--create-stream-ms'],
  [['tail', 'a', '-o', 'xml'], '--output'],
  [['put', 'a', '--color', 'blue'], '--color'],
])('%j cannot be used, and the error names %s', (argv, path) => {
  const run = parsed(...argv);
  expect(() => options(run)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({ path }) as unknown,
    }),
  );
});

test('an option out of the environment is named by its variable when it cannot be used', () => {
  expect(
    () =>
      new Options(
        [{ kind: 'integer', name: 'n', value: 'n', min: 1, max: 2, env: ['N'], about: '' }],
        new Map(),
        { N: '3' },
      ),
  ).toThrow(expect.objectContaining({ details: expect.objectContaining({ path: 'N' }) as unknown }));
});

test('asking for an option the command does not take is a mistake in the command', () => {
  expect(() => options(parsed('tail', 'a')).flag('aggregate')).toThrow(RangeError);
});
