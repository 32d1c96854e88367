import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { MillraceError } from '@millrace/kinesis';
import type { Certificate, HandlerFile, KmsKeyState, ServerOptions } from '@millrace/local';
import { isObject, optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { typescriptLoader } from '../dev/typescript-loader.ts';
import type { Options } from '../spec/options.ts';

/** What the flags of `millrace server` ask for. Throws `OPTION_INVALID`, naming the flag. */
export async function serverOptions(context: CommandContext): Promise<ServerOptions> {
  const { options, clock } = context;
  const host = options.text('host');
  if (!isLoopback(host) && !options.flag('allow-remote')) {
    throw optionError(
      '--host',
      host,
      '127.0.0.1, or --allow-remote with it: whoever reaches the server can read, write and delete everything',
    );
  }
  const accountId = options.textOrNone('account-id');
  const channelFolder = options.textOrNone('channels');
  const destinationFolder = options.textOrNone('on-failure');
  return {
    port: options.number('port'),
    host,
    allowedHosts: options.list('allow-host'),
    streams: Object.fromEntries(options.list('stream').map(parseStream)),
    ...functionOptions(options),
    ...(destinationFolder !== undefined && { destinationFolder }),
    region: options.text('region'),
    ...(accountId !== undefined && { accountId }),
    createStreamTime: options.number('create-stream-ms'),
    deleteStreamTime: options.number('delete-stream-ms'),
    updateStreamTime: options.number('update-stream-ms'),
    registerConsumerTime: options.number('register-consumer-ms'),
    deregisterConsumerTime: options.number('deregister-consumer-ms'),
    shardLimit: options.number('shard-limit'),
    enforceLimits: options.flag('enforce-limits'),
    kmsKeys: Object.fromEntries(options.list('kms-key').map(parseKey)),
    ...(channelFolder !== undefined && { channelFolder }),
    ...verifiedKeys(context),
    ...storageOptions(options),
    ...(await tlsOptions(options)),
    ...(await faultOptions(options)),
    ...(await policyOption(options)),
    clock,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function storageOptions(options: Options): Pick<ServerOptions, 'path' | 'durability' | 'repair'> {
  const path = options.textOrNone('path');
  if (path === undefined) return {};
  const durability = options.text('durability') === 'fsync' ? 'fsync' : 'process';
  return { path, durability, repair: options.flag('repair') };
}

/** A key and a certificate go together; without them a certificate is made. */
async function tlsOptions(options: Options): Promise<Pick<ServerOptions, 'tls' | 'tlsPort'>> {
  const keyFile = options.textOrNone('tls-key');
  const certFile = options.textOrNone('tls-cert');
  const tlsPort = options.numberOrNone('tls-port');
  const port = tlsPort === undefined ? {} : { tlsPort };
  if (keyFile !== undefined && certFile !== undefined) {
    const [key, cert] = await Promise.all([
      contentOf('--tls-key', keyFile),
      contentOf('--tls-cert', certFile),
    ]);
    const certificate: Certificate = { key, cert };
    return { tls: certificate, ...port };
  }
  if (keyFile !== undefined || certFile !== undefined) {
    const [given, other] = keyFile === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert'];
    throw optionError(
      given,
      `without ${other}`,
      'both or neither: a certificate works with its own key only',
    );
  }
  const wanted =
    options.flag('tls') || tlsPort !== undefined || options.textOrNone('tls-ca-file') !== undefined;
  return wanted ? { tls: true, ...port } : {};
}

async function faultOptions(options: Options): Promise<Pick<ServerOptions, 'faults'>> {
  const file = options.textOrNone('faults');
  if (file === undefined) return {};
  const allowed = 'a file with a JSON list of faults, each as `millrace server fault --list` shows it';
  const { readJson } = await import('../infra/read-config.ts');
  const rules = await readJson('--faults', file);
  // What each says is checked where faults are, whoever sets them.
  if (!Array.isArray(rules) || !rules.every(isObject)) throw optionError('--faults', file, allowed);
  return { faults: rules };
}

/** What it allows is checked where it is enforced. */
async function policyOption(options: Options): Promise<Pick<ServerOptions, 'policy'>> {
  const file = options.textOrNone('policy');
  if (file === undefined) return {};
  const { readPolicy } = await import('../infra/read-config.ts');
  return { policy: await readPolicy(file) };
}

async function contentOf(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new MillraceError('DATA_MISSING', `${file} cannot be read.`, {
      advice: `Check the name given to ${flag}, and that it may be read.`,
      path: flag,
      cause: error,
    });
  }
}

function verifiedKeys({ options, io: { env } }: CommandContext): Pick<ServerOptions, 'verifySignatures'> {
  if (!options.flag('verify-signatures')) return {};
  const {
    AWS_ACCESS_KEY_ID: id = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_SESSION_TOKEN: token,
  } = env;
  if (id === '' || secretAccessKey === '') {
    throw optionError(
      '--verify-signatures',
      'without a key',
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment: they are what requests must be signed with',
    );
  }
  const sessionToken = token ?? '';
  return {
    verifySignatures: { [id]: sessionToken === '' ? secretAccessKey : { secretAccessKey, sessionToken } },
  };
}

/** `orders`, or `orders:4` for four shards. */
function parseStream(text: string): readonly [string, { readonly shards: number }] {
  const [, name = '', digits = '1'] = /^([a-zA-Z0-9_.-]{1,128})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const shards = Number(digits);
  if (name === '' || shards < 1 || shards > 10_000) {
    throw optionError('--stream', text, 'name or name:shards, with 1 to 10000 shards');
  }
  return [name, { shards }];
}

/** `bill=handlers/bill.ts`. */
function functionOptions(options: Options): Pick<ServerOptions, 'functions'> {
  const given = options.list('function');
  if (given.length === 0) return {};
  const functions = given.map((text): readonly [string, HandlerFile] => {
    const [, name = '', file = ''] = /^([a-zA-Z0-9-_]{1,64})=(.+)$/.exec(text) ?? [];
    if (name === '') throw optionError('--function', text, 'name=file, such as bill=handlers/bill.ts');
    return [name, { file: resolve(file), typescriptLoader: typescriptLoader(), watch: true }];
  });
  return { functions: Object.fromEntries(functions) };
}

/** `alias/orders=disabled`. */
function parseKey(text: string): readonly [string, KmsKeyState] {
  const at = text.lastIndexOf('=');
  const state = keyStates.find((known) => known === text.slice(at + 1));
  if (at > 0 && state !== undefined) return [text.slice(0, at), state];
  throw optionError('--kms-key', text, `key=state, with a state of ${keyStates.join(', ')}`);
}

const keyStates = [
  'disabled',
  'denied',
  'missing',
  'invalid-state',
  'opt-in-required',
  'throttled',
] as const satisfies readonly KmsKeyState[];
