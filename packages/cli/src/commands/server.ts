import { writeFile } from 'node:fs/promises';

import { optionError } from '@millrace/kinesis/runtime';
import type { LocalServer } from '@millrace/local';

import type { CommandContext } from '../command-context.ts';
import { narrateProblem } from '../dev/narrate.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { visible } from '../io/visible.ts';
import { isLoopback, serverOptions } from './server-options.ts';

/** `millrace server`: runs until told to stop. */
export async function server(context: CommandContext): Promise<ExitCode> {
  const { options, out, notes, signal } = context;
  const json = options.flag('json');
  const running = await context.startServer(await serverOptions(context));
  try {
    await tellFunctions(context, running);
    const { endpoint, tlsEndpoint, port, host } = running;
    await keepCertificate(context, running.certificate);
    const region = options.text('region');
    if (!isLoopback(host)) {
      const verified = options.flag('verify-signatures');
      notes.warn(
        `everyone who ${verified ? 'has the key and ' : ''}can reach ${host}:${port} can read, write and delete every ` +
          `stream, lease table and metric${verified ? '' : ': there is no password'}`,
      );
    }
    const ready = `Kinesis is ready at ${endpoint}${tlsEndpoint === undefined ? '' : ` and ${tlsEndpoint}`}`;
    await out.line(json ? JSON.stringify({ endpoint, tlsEndpoint, port, region }) : ready);
    notes.info(
      [
        'For AWS SDKs and tools, in another terminal:',
        `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region}${credentialsHint(context)}`,
        ...(tlsEndpoint === undefined ? [] : [tlsHint(context, tlsEndpoint)]),
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

/** What functions write goes to stderr, each line with the function's name, and what their mappings cannot do or give up. */
async function tellFunctions({ options, notes }: CommandContext, { kinesis }: LocalServer): Promise<void> {
  if (options.list('function').length === 0) return;
  const { functions, mappings } = await kinesis.lambda();
  const folder = options.textOrNone('on-failure');
  mappings.listeners.add(({ FunctionArn: arn }, _, event) => {
    const told = narrateProblem(event, folder);
    if (told !== undefined) notes.warn(`${arn.split(':')[6] ?? arn}: ${told}`);
  });
  functions.listeners.add((name, event) => {
    if (event.type === 'log') notes.info(`${name} │ ${visible(event.line)}`);
    if (event.type === 'report' && event.result.type === 'error') {
      notes.warn(`${name} failed: ${visible(event.result.error.message)}`);
    }
  });
}

/** A key that is verified is known to who uses it, and is not shown. */
function credentialsHint({ options }: CommandContext): string {
  return options.flag('verify-signatures')
    ? ', and the key of this command'
    : ' AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local';
}

function tlsHint({ options }: CommandContext, tlsEndpoint: string): string {
  const file = options.textOrNone('tls-ca-file') ?? options.textOrNone('tls-cert');
  return file === undefined
    ? `For TLS: ${tlsEndpoint}; --tls-ca-file FILE writes what clients must trust.`
    : `For TLS: export AWS_ENDPOINT_URL=${tlsEndpoint} NODE_EXTRA_CA_CERTS=${file} AWS_CA_BUNDLE=${file}`;
}

/** What TLS clients must trust, where it was asked to be kept. */
async function keepCertificate({ options }: CommandContext, certificate: string | undefined): Promise<void> {
  const file = options.textOrNone('tls-ca-file');
  if (file === undefined || certificate === undefined) return;
  try {
    await writeFile(file, certificate);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw optionError('--tls-ca-file', reason, 'a file that can be written');
  }
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
