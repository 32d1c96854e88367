import { expect, test } from 'vitest';

import { describeTarget, resolveTarget, type Target } from '../../src/aws/target.ts';
import { optionsOf } from '../../src/spec/commands.ts';
import { Options } from '../../src/spec/options.ts';
import { parse } from '../../src/spec/parse.ts';

function target(argv: string, env: Record<string, string> = {}): Target {
  const parsed = parse(['streams', 'ls', ...argv.split(' ').filter((word) => word !== '')]);
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
  return resolveTarget(new Options(optionsOf(parsed.command), parsed.given, env), env);
}
const made = { accessKeyId: 'local', secretAccessKey: 'local' };

test('--local needs nothing else', () => {
  expect(target('--local')).toEqual({
    loopback: true,
    endpoint: 'http://127.0.0.1:4567',
    region: 'us-east-1',
    credentials: made,
  });
});

test('--local is this machine whatever endpoint the environment names, but a flag may name another port', () => {
  expect(target('--local', { AWS_ENDPOINT_URL: 'https://kinesis.example.com' }).endpoint).toBe(
    'http://127.0.0.1:4567',
  );
  expect(target('--local --endpoint-url http://127.0.0.1:5000').endpoint).toBe('http://127.0.0.1:5000');
});

test('made-up credentials are only ever for this machine, and never displace real ones', () => {
  expect(target('--endpoint-url http://localhost:1').credentials).toEqual(made);
  expect(target('--endpoint-url http://[::1]:1').credentials).toEqual(made);
  expect(target('--endpoint-url https://kinesis.example.com').credentials).toBeUndefined();
  expect(target('--endpoint-url http://127.0.0.1.example.com').loopback).toBe(false);
  expect(target('').credentials).toBeUndefined();
  expect(target('--local', { AWS_ACCESS_KEY_ID: 'AKIA' }).credentials).toBeUndefined();
  expect(target('--local --profile dev').credentials).toBeUndefined();
});

test('a profile out of the environment is not asked for this machine, one that is typed is', () => {
  expect(target('--local', { AWS_PROFILE: 'work' })).toMatchObject({ credentials: made });
  expect(target('--local', { AWS_PROFILE: 'work' }).profile).toBeUndefined();
  expect(target('--local --profile dev')).toMatchObject({ profile: 'dev' });
  expect(target('--local --profile dev').credentials).toBeUndefined();
});

test('without flags and variables everything is left to the SDK', () => {
  expect(target('')).toEqual({ loopback: false });
  expect(describeTarget(target(''))).toBe('region of the AWS configuration');
});

test('region and profile come from flags, then from the environment', () => {
  expect(target('--region eu-west-1 --profile a', { AWS_REGION: 'x', AWS_PROFILE: 'b' })).toMatchObject({
    region: 'eu-west-1',
    profile: 'a',
  });
  expect(target('', { AWS_REGION: 'x', AWS_DEFAULT_REGION: 'y', AWS_PROFILE: 'b' })).toMatchObject({
    region: 'x',
    profile: 'b',
  });
  expect(target('', { AWS_DEFAULT_REGION: 'y' }).region).toBe('y');
});

test("the AWS tools' switch turns their endpoint variables off, and no flag", () => {
  const env = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  expect(target('', env).endpoint).toBeUndefined();
  expect(target('--endpoint-url http://127.0.0.1:2', env).endpoint).toBe('http://127.0.0.1:2');
  expect(target('', { ...env, MILLRACE_ENDPOINT_URL: 'http://127.0.0.1:3' }).endpoint).toBe(
    'http://127.0.0.1:3',
  );
});

test('--local with an endpoint elsewhere is refused', () => {
  expect(() => target('--local --endpoint-url https://kinesis.example.com')).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  );
});

test.each(['127.0.0.1:4567', 'ftp://127.0.0.1', 'nonsense'])('%s is no endpoint', (url) => {
  expect(() => target(`--endpoint-url ${url}`)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});
