import type { FunctionEvent, LocalMapping, MappingEvent } from '@millrace/local';

import type { CommandContext } from '../command-context.ts';
import { handlerOf, mappingOf, sourceOf, streamOf } from '../dev/dev-settings.ts';
import { narrateFunction, narrateMapping, type NarrateOptions } from '../dev/narrate.ts';
import { typescriptLoader } from '../dev/typescript-loader.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { createPaint } from '../io/paint.ts';

/** `millrace dev`: runs until told to stop. */
export async function dev(context: CommandContext): Promise<ExitCode> {
  const { signal, notes } = context;
  await using running = await start(context);
  notes.info(running.hint);
  await fired(signal);
  notes.info('stopping once invocations under way are over; Ctrl-C again to stop at once');
  return exitCode.ok;
}

interface Running extends AsyncDisposable {
  readonly hint: string;
}

/** With a Kinesis of its own, or behind one that runs. */
async function start(context: CommandContext): Promise<Running> {
  return namesTarget(context) ? startThere(context) : startHere(context);
}

function namesTarget({ options, target }: CommandContext): boolean {
  return target.endpoint !== undefined || options.isTyped('region') || options.isTyped('profile');
}

async function startHere(context: CommandContext): Promise<Running> {
  const { options, clock } = context;
  const stream = streamOf(options);
  const region = options.textOrNone('region') ?? 'us-east-1';
  const folder = options.textOrNone('on-failure');
  const settings = mappingOf(options, clock.now(), false);
  const server = await context.startServer({
    port: options.number('port'),
    streams: { [stream.name]: { shards: stream.shards } },
    region,
    clock,
    ...(folder === undefined ? {} : { destinationFolder: folder }),
  });
  try {
    const { endpoint, kinesis, port } = server;
    const environment = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    const mapping = await kinesis.mapping(stream.name, handler(context, environment), {
      ...settings,
      ...(await sourceOf(options, kinesis.connection, true)),
      ...telling(context),
    });
    const flags = port === 4567 ? '--local' : `--endpoint-url ${endpoint}`;
    await ready(context, mapping, endpoint);
    return {
      hint: `${stream.name} is at ${endpoint}. Put a record: millrace put ${stream.name} '{"id":1}' ${flags}`,
      async [Symbol.asyncDispose]() {
        await mapping.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function startThere(context: CommandContext): Promise<Running> {
  const { options, clock, target } = context;
  const stream = streamOf(options);
  const folder = options.textOrNone('on-failure');
  const settings = mappingOf(options, clock.now(), true);
  const kinesis = await context.openKinesis();
  try {
    const { createConnectionMapping } = await import('@millrace/local');
    const mapping = await createConnectionMapping(
      kinesis.connection,
      stream.name,
      handler(context, environmentOf(context)),
      {
        ...settings,
        ...(await sourceOf(options, kinesis.connection, false)),
        ...telling(context),
        clock,
        ...(target.region === undefined ? {} : { region: target.region }),
        ...(folder === undefined ? {} : { destinationFolder: folder }),
      },
    );
    await ready(context, mapping, target.endpoint);
    return {
      hint: `${stream.name} of ${target.endpoint ?? 'AWS'} is read by this mapping, beside whoever else reads it.`,
      async [Symbol.asyncDispose]() {
        await mapping.close();
        await kinesis.close();
      },
    };
  } catch (error) {
    await kinesis.close();
    throw error;
  }
}

/** So that the handler's own SDK clients go where its records come from. */
function environmentOf({ target }: CommandContext): Readonly<Record<string, string>> {
  const { endpoint, region, credentials } = target;
  return {
    ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint }),
    ...(region === undefined ? {} : { AWS_REGION: region }),
    ...(credentials === undefined
      ? {}
      : {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        }),
  };
}

function handler(
  { args, options }: CommandContext,
  environment: Readonly<Record<string, string>>,
): ReturnType<typeof handlerOf> {
  const [file = ''] = args;
  return handlerOf(file, options, environment, typescriptLoader());
}

/** Writes what happens, as it happens. */
function telling(context: CommandContext): {
  readonly onEvent: (event: MappingEvent) => void;
  readonly function: {
    readonly timeout: number;
    readonly memoryMb: number;
    readonly onEvent: (event: FunctionEvent) => void;
  };
} {
  const { options, out, clock, colour } = context;
  const narration: NarrateOptions = {
    paint: createPaint(colour),
    retries: options.numberOrNone('retries') ?? -1,
    reportsFailures: options.flag('report-failures'),
    memoryMb: options.number('memory'),
    folder: options.textOrNone('on-failure'),
    verbose: options.flag('verbose'),
  };
  const json = options.flag('json');
  const write = (source: 'mapping' | 'function', event: object, line: string | undefined): void => {
    if (json) {
      out.push(`${JSON.stringify({ at: new Date(clock.now()).toISOString(), source, ...event })}\n`);
    } else if (line !== undefined) {
      out.push(`${line}\n`);
    }
  };
  return {
    onEvent(event) {
      // A look that finds nothing, once a second and shard, is no news.
      if (event.type === 'polled' && event.records === 0) return;
      write('mapping', event, narrateMapping(event, narration));
    },
    function: {
      timeout: options.number('timeout'),
      memoryMb: options.number('memory'),
      onEvent: (event) => write('function', event, narrateFunction(event, narration)),
    },
  };
}

async function ready(
  { out, options }: CommandContext,
  mapping: LocalMapping,
  endpoint: string | undefined,
): Promise<void> {
  const { settings, uuid } = mapping;
  const { name } = mapping.function;
  if (options.flag('json')) {
    await out.line(JSON.stringify({ type: 'ready', endpoint, uuid, function: name, settings }));
    return;
  }
  const [, stream = ''] = settings.EventSourceArn.split('/');
  const there = endpoint === undefined ? '' : `, at ${endpoint}`;
  await out.line(`${stream} → ${name}, in batches of up to ${settings.BatchSize}${there}`);
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
