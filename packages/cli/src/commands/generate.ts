import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Alarm, StackOptions, Value } from '@millrace/infra';
import { choiceOption, optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { readConfig } from '../infra/read-config.ts';
import { recommendedAlarms } from '../infra/recommended-alarms.ts';
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
  return config === undefined ? describeStack(context, stream ?? '', kind) : readConfig(config);
}

/** A stream that is there, with everything we would give it besides. */
function describeStack(context: CommandContext, name: string, kind: Kind): Promise<StackOptions> {
  return withKinesis(context, async ({ admin }) => {
    const { mode, openShards, retentionHours, maxRecordKiB, encryption } = await admin.describe(name, {
      signal: context.signal,
    });
    if (encryption === 'NONE' && makesStreams.has(kind))
      context.notes.warn(`${name} is not encrypted; what is generated encrypts it`);
    return {
      stream: {
        name,
        ...(mode !== 'ON_DEMAND' && { shards: openShards }),
        retentionHours,
        ...(maxRecordKiB !== undefined && maxRecordKiB !== 1024 && { maxRecordKiB }),
      },
    };
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
  const { groupAlarms, putMetricAlarmInput, streamAlarms, processorAlarms } = await import('@millrace/infra');
  const { stream, notify, maxLagMilliseconds, processors = {}, services = {} } = stack;
  const { shards, retentionHours = 168 } = stream;
  const name = typeof stream.name === 'string' ? stream.name : '';
  const lag = maxLagMilliseconds === undefined ? {} : { maxLagMilliseconds };
  const alarms = [
    ...(context.options.textOrNone('from-stream') === undefined
      ? streamAlarms({ streamName: name, retentionHours, ...(shards !== undefined && { shards }), ...lag })
      : await alarmsOfStream(context, name)),
    ...Object.entries(services).flatMap(([id, { group, metricsNamespace: namespace }]) =>
      namespace === undefined
        ? []
        : groupAlarms({ streamName: name, group, namespace, ...lag }).map((alarm) => ({
            ...alarm,
            id: `${id}-${alarm.id}`,
          })),
    ),
    // The names of functions that are yet to be made are not known.
    ...Object.entries(processors).flatMap(([id, { existing }]) =>
      existing === undefined
        ? []
        : processorAlarms({
            functionName: existing.functionName,
            timeoutSeconds: existing.timeoutSeconds ?? 60,
            retentionHours,
            ...lag,
          }).map((alarm) => ({ ...alarm, id: `${id}-${alarm.id}` })),
    ),
  ];
  const actions = notify?.topicArn === undefined ? [] : [notify.topicArn];
  return alarms.map((alarm) => putMetricAlarmInput(alarm, `${name}-${alarm.id}`, actions));
}

function alarmsOfStream(context: CommandContext, name: string): Promise<readonly Alarm[]> {
  const { signal } = context;
  return withKinesis(context, async ({ admin, services }) => {
    const stream = await admin.describe(name, { signal });
    const consumers = await (await services.fanOut()).list(stream.arn, { signal });
    return recommendedAlarms({ stream, consumers, metrics: await services.metrics(), signal });
  });
}

async function dashboardOf({ stream, processors = {} }: StackOptions): Promise<Value> {
  const { dashboardBody } = await import('@millrace/infra');
  return dashboardBody({
    streamName: stream.name,
    retentionHours: stream.retentionHours ?? 168,
    ...(stream.shards !== undefined && { shards: stream.shards }),
    processors: Object.values(processors).flatMap(({ existing }) =>
      existing === undefined ? [] : [{ functionName: existing.functionName }],
    ),
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
