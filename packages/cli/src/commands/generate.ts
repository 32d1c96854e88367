import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Alarm, StackOptions, Value } from '@millrace/infra';
import { isMillraceError } from '@millrace/kinesis/errors';
import { choiceOption, optionError } from '@millrace/kinesis/runtime';

import type { DescribedStream } from '../aws/stream-admin.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { plannedReaders } from '../infra/planned-readers.ts';
import { readConfig } from '../infra/read-config.ts';
import { recommendedAlarms } from '../infra/recommended-alarms.ts';
import { streamOptionsOf } from '../infra/stream-options.ts';
import { groupsOf, mappingsOf, processorsOf, type StreamReaders } from '../infra/stream-readers.ts';
import { withKinesis } from '../with-kinesis.ts';

const kinds = ['cdk', 'cfn', 'terraform', 'alarms', 'dashboard', 'iam'] as const;
type Kind = (typeof kinds)[number];

/** The others are for a stream as it is. */
const makesStreams: ReadonlySet<Kind> = new Set(['cdk', 'cfn', 'terraform']);

/** `millrace generate`. */
export async function generate(context: CommandContext): Promise<ExitCode> {
  const { args, options, out, notes } = context;
  const kind = choiceOption('what', args[0] ?? '', kinds);
  const stack = withNotify(context, await stackOf(context, kind), kind);
  const files = await filesOf(kind, stack, context);
  const folder = options.textOrNone('to');
  if (folder === undefined) {
    const several = Object.keys(files).length > 1;
    for (const [name, text] of Object.entries(files)) {
      await out.write(several ? `# ${name}\n${text}\n` : text);
    }
  } else {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    notes.info(`written to ${folder}: ${Object.keys(files).join(', ')}`);
  }
  return exitCode.ok;
}

async function stackOf(context: CommandContext, kind: Kind): Promise<StackOptions> {
  const { options } = context;
  const config = options.textOrNone('config');
  const stream = options.textOrNone('from-stream');
  if ((config === undefined) === (stream === undefined)) {
    throw optionError(
      '--config',
      config === undefined ? undefined : 'beside --from-stream',
      'one of --config and --from-stream',
    );
  }
  if (config !== undefined) return readConfig(config);
  return withKinesis(context, async ({ admin }) => {
    const described = await admin.describe(stream ?? '', { signal: context.signal });
    if (described.encryption === 'NONE' && makesStreams.has(kind)) {
      context.notes.warn(`${described.name} is not encrypted; what is generated encrypts it`);
    }
    return { stream: streamOptionsOf(described, makesStreams.has(kind) || kind === 'iam') };
  });
}

function withNotify({ options, notes }: CommandContext, stack: StackOptions, kind: Kind): StackOptions {
  const email = options.textOrNone('email');
  const topicArn = options.textOrNone('topic');
  const notify = {
    ...stack.notify,
    ...(email !== undefined && { email }),
    ...(topicArn !== undefined && { topicArn }),
  };
  if (Object.keys(notify).length > 0) return { ...stack, notify };
  if (kind !== 'dashboard' && kind !== 'iam') {
    notes.warn('nobody is told by alarms: name somebody with --topic, --email or notify in the config');
  }
  return stack;
}

async function filesOf(
  kind: Kind,
  stack: StackOptions,
  context: CommandContext,
): Promise<Readonly<Record<string, string>>> {
  const { target } = context;
  const infra = await import('@millrace/infra');
  if (kind === 'cdk') {
    // Refuses what the constructs would refuse.
    infra.createStack(stack);
    return { 'stack.ts': infra.stackSource(stack) };
  }
  if (kind === 'cfn') return { 'template.yaml': infra.cloudFormationYaml(infra.createStack(stack)) };
  if (kind === 'terraform') return infra.terraformModule(infra.createStack(stack));
  const document = { alarms: alarmsOf, dashboard: dashboardOf, iam: policiesOf }[kind];
  const deployment = {
    account: '*',
    partition: 'aws',
    region: target.region ?? 'us-east-1',
    urlSuffix: 'amazonaws.com',
  };
  const { toLiteral } = await import('@millrace/infra/iam');
  const literal = toLiteral(await document(stack, context), deployment);
  return { [`${kind}.json`]: `${JSON.stringify(literal, undefined, 2)}\n` };
}

async function alarmsOf(stack: StackOptions, context: CommandContext): Promise<Value> {
  const { putMetricAlarmInput } = await import('@millrace/infra');
  const { stream, notify } = stack;
  const name = typeof stream.name === 'string' ? stream.name : '';
  const alarms = isThere(context)
    ? await withReaders(context, name, (described, readers) => recommendedAlarms(described, readers))
    : await plannedAlarms(stack, context);
  const actions = notify?.topicArn === undefined ? [] : [notify.topicArn];
  return alarms.map((alarm) => putMetricAlarmInput(alarm, `${name}-${alarm.id}`, actions));
}

async function plannedAlarms(stack: StackOptions, { notes }: CommandContext): Promise<readonly Alarm[]> {
  const { groupAlarms, processorAlarms, streamAlarms } = await import('@millrace/infra');
  const { stream, maxLagMilliseconds, expectsTraffic = false } = stack;
  const { processors, groups, fanOutConsumers, assumed } = await plannedReaders(stack);
  if (assumed.length > 0) {
    notes.info(
      `the functions of the config are taken to be called as generate terraform calls them: ${assumed.join(', ')}; what only a mapping that is there tells of, --from-stream adds`,
    );
  }
  const lag = maxLagMilliseconds === undefined ? {} : { maxLagMilliseconds };
  return [
    ...streamAlarms({
      streamName: stream.name,
      retentionHours: stream.retentionHours ?? 168,
      ...(stream.shards !== undefined && { shards: stream.shards }),
      ...lag,
      fanOutConsumers,
      expectsTraffic,
    }),
    ...Object.entries(groups).flatMap(([id, group]) => named(id, groupAlarms({ ...group, ...lag }))),
    ...Object.entries(processors).flatMap(([id, one]) => named(id, processorAlarms({ ...one, ...lag }))),
  ];
}

function named(id: string, alarms: readonly Alarm[]): readonly Alarm[] {
  return alarms.map((alarm) => ({ ...alarm, id: `${id}-${alarm.id}` }));
}

async function dashboardOf(stack: StackOptions, context: CommandContext): Promise<Value> {
  const { dashboardBody } = await import('@millrace/infra');
  const { stream, maxLagMilliseconds } = stack;
  const options = {
    streamName: stream.name,
    retentionHours: stream.retentionHours ?? 168,
    ...(stream.shards !== undefined && { shards: stream.shards }),
    ...(maxLagMilliseconds !== undefined && { maxLagMilliseconds }),
    hasShardMetrics: stream.shardMetrics !== undefined,
  };
  if (isThere(context)) {
    const name = typeof stream.name === 'string' ? stream.name : '';
    return withReaders(context, name, async (_described, { consumers, processors, groups }) =>
      dashboardBody({
        ...options,
        fanOutConsumers: consumers.map((one) => one.name),
        processors,
        groups,
      }),
    );
  }
  const { processors, groups, fanOutConsumers } = await plannedReaders(stack);
  return dashboardBody({
    ...options,
    fanOutConsumers,
    processors: Object.values(processors),
    groups: Object.values(groups),
  });
}

function isThere({ options }: CommandContext): boolean {
  return options.textOrNone('from-stream') !== undefined;
}

/** Who reads the stream; without a look at Lambda or CloudWatch it is said, and goes on without. */
function withReaders<T>(
  context: CommandContext,
  name: string,
  use: (stream: DescribedStream, readers: StreamReaders) => Promise<T>,
): Promise<T> {
  const { signal, notes } = context;
  const orNone = async <R>(what: string, read: () => Promise<readonly R[]>): Promise<readonly R[]> => {
    try {
      return await read();
    } catch (error) {
      if (!isMillraceError(error) || signal.aborted) throw error;
      notes.warn(`nothing for ${what}: ${error.message}`);
      return [];
    }
  };
  return withKinesis(context, async ({ admin, services }) => {
    const stream = await admin.describe(name, { signal });
    const consumers = await (await services.fanOut()).list(stream.arn, { signal });
    const processors = await orNone('functions that read it', async () => {
      const mappings = await services.mappings();
      return processorsOf(mappings, await mappingsOf(mappings, stream, consumers, signal), stream, signal);
    });
    const groups = await orNone('groups of workers that measure', async () =>
      groupsOf(await services.metrics(), stream, signal),
    );
    return use(stream, { consumers, processors, groups });
  });
}

async function policiesOf({ stream }: StackOptions): Promise<Value> {
  const { policyDocument, roleKinds, roleStatements } = await import('@millrace/infra/iam');
  const { name, kmsKey } = stream;
  return Object.fromEntries(
    roleKinds.map((kind) => [
      kind,
      policyDocument(
        roleStatements(kind, { stream: name, ...(kmsKey !== undefined && { kmsKeyArn: kmsKey }) }),
      ),
    ]),
  );
}
