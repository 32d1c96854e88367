import { optionError } from '@millrace/kinesis/runtime';

import { groupAlarms } from '../alarm/group-alarms.ts';
import { processorAlarms } from '../alarm/processor-alarms.ts';
import { streamAlarms, type StreamAlarmOptions } from '../alarm/stream-alarms.ts';
import type { DashboardOptions } from '../dashboard/dashboard.ts';
import type { Output, Parameter, Resource, Template } from '../template/template.ts';
import type { Numeric } from '../template/value.ts';
import { alarmResource, dashboardResource } from './alarm-resource.ts';
import { checkMembers } from './check.ts';
import { notifyResources, type NotifyOptions } from './notify.ts';
import { processorResources, type ProcessorOptions, type ProcessorResources } from './processor.ts';
import { serviceResources, type ServiceOptions, type ServiceResources } from './service.ts';
import { streamResource, type StreamOptions, type StreamReference } from './stream.ts';

/** A stream with everything around it. */
export interface StackOptions {
  readonly stream: StreamOptions;
  /** Lambda functions that read it, by name in camelCase. */
  readonly processors?: Readonly<Record<string, ProcessorOptions>>;
  /** Groups of workers that read it, by name in camelCase. */
  readonly services?: Readonly<Record<string, ServiceOptions>>;
  /** Who is told by the alarms; there are none without it. */
  readonly notify?: NotifyOptions;
  /** How late a reader may be before an alarm goes off, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: Numeric;
  /** Whether a silent producer is an alarm, too. Default false. */
  readonly expectsTraffic?: boolean;
  /** Whether there is a dashboard. Default true. */
  readonly dashboard?: boolean;
  readonly description?: string;
}

const members: readonly (keyof StackOptions)[] = [
  'stream',
  'processors',
  'services',
  'notify',
  'maxLagMilliseconds',
  'expectsTraffic',
  'dashboard',
  'description',
];

/**
 * The one model behind CloudFormation, Terraform and the CDK: what is deployed, and why. Throws `OPTION_INVALID` for
 * options that cannot be used, and for choices that lose records unless they are spelled out under `unsafe`.
 *
 * @example
 * ```ts
 * const template = createStack({
 *   stream: { name: 'orders', shards: 2 },
 *   processors: { billing: { function: { code: { bucket: 'builds', key: 'billing.zip' } } } },
 *   notify: { email: 'ops@example.com' },
 * });
 * await writeFile('stack.yaml', cloudFormationYaml(template));
 * ```
 */
export function createStack(options: StackOptions, parameters: readonly Parameter[] = []): Template {
  try {
    return assemble(options, parameters);
  } catch (error) {
    // A config out of a file may have any shape; what is not checked by name fails by type.
    if (error instanceof TypeError || error instanceof RangeError) {
      throw optionError('stack', error.message, 'options of the types that StackOptions says');
    }
    throw error;
  }
}

function assemble(options: StackOptions, parameters: readonly Parameter[]): Template {
  checkMembers('stack', options, members);
  if (options.stream === undefined) throw optionError('stack.stream', undefined, 'a stream');
  const { resource, stream } = streamResource(options.stream);
  const processors = Object.entries(options.processors ?? {}).map(([name, processor]) => {
    const prefix = pascal(`processors.${name}`, name);
    return { prefix, ...processorResources(`processors.${name}`, prefix, processor, stream) };
  });
  const services = Object.entries(options.services ?? {}).map(([name, service]) => ({
    prefix: name,
    ...serviceResources(`services.${name}`, pascal(`services.${name}`, name), service, stream),
  }));
  const consumers = [...processors, ...services].flatMap(({ consumerName }) => consumerName ?? []);
  const readers = processors.length + services.length;
  const watch: StreamAlarmOptions & DashboardOptions = {
    streamName: stream.name,
    retentionHours: stream.retentionHours,
    ...(stream.shards !== undefined && { shards: stream.shards }),
    ...(options.maxLagMilliseconds !== undefined && { maxLagMilliseconds: options.maxLagMilliseconds }),
    hasPollingReader: readers === 0 || consumers.length < readers,
    fanOutConsumers: consumers,
    expectsTraffic: options.expectsTraffic ?? false,
    hasShardMetrics: options.stream.shardMetrics !== undefined,
    processors: processors.map(({ alarms }) => alarms),
    groups: services.flatMap(({ alarms }) => alarms ?? []),
  };
  return {
    description: options.description ?? 'A Kinesis stream that loses nothing, with its readers and alarms.',
    parameters,
    resources: [
      resource,
      ...processors.flatMap(({ resources }) => resources),
      ...services.flatMap(({ resources }) => resources),
      ...alarmResources(options.notify, watch, { processors, services }, stream),
      ...(options.dashboard === false ? [] : [dashboardResource(watch, stream)]),
    ],
    outputs: outputsOf(stream, processors, services),
  };
}

function alarmResources(
  notify: NotifyOptions | undefined,
  watch: StreamAlarmOptions,
  {
    processors,
    services,
  }: {
    readonly processors: readonly (ProcessorResources & { readonly prefix: string })[];
    readonly services: readonly (ServiceResources & { readonly prefix: string })[];
  },
  stream: StreamReference,
): readonly Resource[] {
  if (notify === undefined) return [];
  const { resources, actions } = notifyResources(notify);
  const { maxLagMilliseconds } = watch;
  const late = maxLagMilliseconds === undefined ? {} : { maxLagMilliseconds };
  const ofProcessors = processors.flatMap(({ prefix, alarms }) =>
    processorAlarms({ ...alarms, ...late }).map((alarm) => ({ ...alarm, id: prefixed(prefix, alarm.id) })),
  );
  const ofServices = services.flatMap(({ prefix, alarms }) =>
    alarms === undefined
      ? []
      : groupAlarms({ ...alarms, ...late }).map((alarm) => ({
          ...alarm,
          id: `${pascal('services', prefix)}${alarm.id}`,
        })),
  );
  return [
    ...resources,
    ...[...streamAlarms(watch), ...ofProcessors, ...ofServices].map((alarm) =>
      alarmResource(alarm, actions, stream.name),
    ),
  ];
}

function outputsOf(
  stream: StreamReference,
  processors: readonly (ProcessorResources & { readonly prefix: string })[],
  services: readonly (ServiceResources & { readonly prefix: string })[],
): readonly Output[] {
  return [
    { name: 'StreamArn', description: 'ARN of the stream', value: stream.arn },
    ...processors.map(({ prefix, functionName }) => ({
      name: `${prefix}FunctionName`,
      description: 'Name of the function that reads the stream',
      value: functionName,
    })),
    ...services.map(({ prefix, roleArn }) => ({
      name: `${pascal('services', prefix)}RoleArn`,
      description: 'Role for the workers that read the stream',
      value: roleArn,
    })),
  ];
}

/** `ProcessorLate` of the processor `Billing` is `BillingLate`. */
function prefixed(prefix: string, id: string): string {
  return id.startsWith('Processor') ? `${prefix}${id.slice('Processor'.length)}` : `${prefix}${id}`;
}

function pascal(path: string, name: string): string {
  if (!/^[a-z][a-zA-Z0-9]{0,40}$/.test(name)) throw optionError(path, name, 'a name in camelCase');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
