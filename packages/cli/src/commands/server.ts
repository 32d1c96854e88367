import { optionError } from '@millrace/kinesis/runtime';
import type { ServerOptions } from '@millrace/local';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';

/** `millrace server`: runs until told to stop. */
export async function server(context: CommandContext): Promise<ExitCode> {
  const { options, out, notes, signal } = context;
  const json = options.flag('json');
  const running = await context.startServer(serverOptions(context));
  try {
    const { endpoint, port, host } = running;
    const region = options.text('region');
    if (!isLoopback(host)) {
      const verified = options.flag('verify-signatures');
      notes.warn(
        `everyone who ${verified ? 'has the key and ' : ''}can reach ${host}:${port} can read, write and delete every ` +
          `stream, lease table and metric${verified ? '' : ': there is no password'}`,
      );
    }
    await out.line(json ? JSON.stringify({ endpoint, port, region }) : `Kinesis is ready at ${endpoint}`);
    notes.info(
      [
        'For AWS SDKs and tools, in another terminal:',
        `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region}${credentialsHint(context)}`,
        `For millrace: pass ${port === 4567 ? '--local' : `--endpoint-url ${endpoint}`}. Stop with Ctrl-C.`,
      ].join('\n'),
    );
    // Who reads the ready line may close the pipe: the server serves on.
    await fired(signal);
    notes.info('stopping');
  } finally {
    await running.close();
  }
  return exitCode.ok;
}

/** A key that is verified is known to who uses it, and is not shown. */
function credentialsHint({ options }: CommandContext): string {
  return options.flag('verify-signatures')
    ? ', and the key of this command'
    : ' AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local';
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

function serverOptions(context: CommandContext): ServerOptions {
  const { options, clock } = context;
  const host = options.text('host');
  if (!isLoopback(host) && !options.flag('allow-remote')) {
    throw optionError(
      '--host',
      host,
      '127.0.0.1, or --allow-remote with it: whoever reaches the server can read, write and delete everything',
    );
  }
  return {
    port: options.number('port'),
    host,
    allowedHosts: options.list('allow-host'),
    streams: Object.fromEntries(options.list('stream').map(parseStream)),
    region: options.text('region'),
    createStreamTime: options.number('create-stream-ms'),
    deleteStreamTime: options.number('delete-stream-ms'),
    updateStreamTime: options.number('update-stream-ms'),
    shardLimit: options.number('shard-limit'),
    enforceLimits: options.flag('enforce-limits'),
    ...verifiedKeys(context),
    ...storageOptions(context),
    clock,
  };
}

function storageOptions({ options }: CommandContext): Pick<ServerOptions, 'path' | 'durability' | 'repair'> {
  const path = options.textOrNone('path');
  if (path === undefined) return {};
  const durability = options.text('durability') === 'fsync' ? 'fsync' : 'process';
  return { path, durability, repair: options.flag('repair') };
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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
