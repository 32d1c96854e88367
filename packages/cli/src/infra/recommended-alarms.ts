import type { Alarm } from '@millrace/infra';

import type { DescribedStream } from '../aws/stream-admin.ts';
import type { StreamReaders } from './stream-readers.ts';

/**
 * The alarms that a stream that is there should have: on itself, its fan-out consumers, the functions behind its event
 * source mappings, and the groups of our workers that tell CloudWatch how far they are. What `doctor` misses,
 * `generate alarms --from-stream` writes.
 */
export async function recommendedAlarms(
  stream: DescribedStream,
  { consumers, processors, groups }: StreamReaders,
): Promise<readonly Alarm[]> {
  const { groupAlarms, processorAlarms, streamAlarms } = await import('@millrace/infra');
  return [
    ...streamAlarms({
      streamName: stream.name,
      retentionHours: stream.retentionHours,
      ...(stream.mode === 'PROVISIONED' && { shards: stream.openShards }),
      fanOutConsumers: consumers.map(({ name }) => name),
    }),
    ...told(processors, processorAlarms, ({ functionName }) => functionName),
    ...told(groups, groupAlarms, ({ group }) => group),
  ];
}

/** The alarms of each, which are told apart by its name where there are several. */
function told<T>(
  all: readonly T[],
  alarmsOf: (one: T) => readonly Alarm[],
  nameOf: (one: T) => string,
): readonly Alarm[] {
  const seen = new Set<string>();
  return all.flatMap((one, index) => {
    // A function may have several mappings.
    const name = seen.has(nameOf(one)) ? `${nameOf(one)}-${index + 1}` : nameOf(one);
    seen.add(name);
    return alarmsOf(one).map((alarm) => (all.length === 1 ? alarm : { ...alarm, id: `${alarm.id}-${name}` }));
  });
}
