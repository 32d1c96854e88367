import type { GroupAlarmOptions, ProcessorAlarmOptions, StackOptions } from '@millrace/infra';

/** The readers of a stack that is yet to be made, by their names in its config. */
export interface PlannedReaders {
  readonly processors: Readonly<Record<string, ProcessorAlarmOptions>>;
  readonly groups: Readonly<Record<string, GroupAlarmOptions>>;
  readonly fanOutConsumers: readonly string[];
  /** Functions that are not there yet: they are called so in Terraform. */
  readonly assumed: readonly string[];
}

/** What can be known of them before there are any: not the ids of their mappings, nor the names of their queues. */
export async function plannedReaders(stack: StackOptions): Promise<PlannedReaders> {
  const { functionNameOf } = await import('@millrace/infra');
  const { stream, processors = {}, services = {} } = stack;
  const { retentionHours = 168 } = stream;
  const assumed: string[] = [];
  const ofProcessors = Object.entries(processors).map(([id, { existing, function: made }]) => {
    const functionName = existing?.functionName ?? functionNameOf(stream.name, id);
    if (existing === undefined && typeof functionName === 'string') assumed.push(functionName);
    return [
      id,
      {
        functionName,
        timeoutSeconds: existing?.timeoutSeconds ?? made?.timeoutSeconds ?? 60,
        retentionHours,
        ...(made?.reservedConcurrency !== undefined && { reservedConcurrency: made.reservedConcurrency }),
      },
    ] as const;
  });
  const ofServices = Object.entries(services).flatMap(([id, { group, metricsNamespace: namespace }]) =>
    namespace === undefined ? [] : [[id, { streamName: stream.name, group, namespace }] as const],
  );
  const fanOut = [
    ...Object.entries(processors).map(([id, one]) => (one.fanOut === true ? id : one.fanOut)),
    ...Object.values(services).map((one) => one.fanOut),
  ];
  return {
    processors: Object.fromEntries(ofProcessors),
    groups: Object.fromEntries(ofServices),
    fanOutConsumers: fanOut.filter((name) => typeof name === 'string'),
    assumed,
  };
}
