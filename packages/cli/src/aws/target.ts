import { optionError } from '@millrace/kinesis/runtime';

import type { Options } from '../spec/options.ts';

/** Which Kinesis to talk to, and as whom; what is undefined is left to the AWS SDK. */
export interface Target {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  /** Made up, for a server on this machine; real ones are never in our hands. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Whether it is on this machine: nobody else's budget is spent by reading it fast. */
  readonly loopback: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const localEndpoint = 'http://127.0.0.1:4567';

/** Flag, then environment, then the AWS shared configuration (which the SDK reads). Throws `OPTION_INVALID`. */
export function resolveTarget(options: Options, env: Env): Target {
  const endpoint = resolveEndpoint(options, env);
  const loopback = endpoint !== undefined && isLoopback(endpoint);
  if (options.flag('local') && !loopback) {
    throw optionError('--endpoint-url', endpoint, 'one of this machine, or leave out --local');
  }
  // A profile out of the environment is for AWS; a login that has expired must not keep anyone from this machine.
  const profile = loopback && !options.isTyped('profile') ? undefined : options.textOrNone('profile');
  const region = options.textOrNone('region') ?? (loopback ? 'us-east-1' : undefined);
  const made = loopback && profile === undefined && (env['AWS_ACCESS_KEY_ID'] ?? '') === '';
  return {
    loopback,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(made && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
}

/** For error messages: where the question went. */
export function describeTarget({ endpoint, region, profile }: Target): string {
  return [
    region === undefined ? 'region of the AWS configuration' : `region ${region}`,
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
    ...(profile === undefined ? [] : [`profile ${profile}`]),
  ].join(', ');
}

function resolveEndpoint(options: Options, env: Env): string | undefined {
  const given = options.textOrNone('endpoint-url');
  const typed = options.isTyped('endpoint-url');
  // --local means this machine, whatever endpoint the environment names; a flag beside it may name another port.
  const endpoint = options.flag('local') && !typed ? localEndpoint : given;
  // The AWS tools' own switch for endpoints out of the environment.
  const ignore = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true';
  if (ignore && endpoint === given && !typed && (env['MILLRACE_ENDPOINT_URL'] ?? '') === '') return undefined;
  if (endpoint !== undefined) checkUrl(endpoint);
  return endpoint;
}

function checkUrl(endpoint: string): void {
  const allowed = 'a URL such as http://127.0.0.1:4567';
  if (!URL.canParse(endpoint)) throw optionError('--endpoint-url', endpoint, allowed);
  const { protocol } = new URL(endpoint);
  if (protocol !== 'http:' && protocol !== 'https:') throw optionError('--endpoint-url', endpoint, allowed);
}

function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
