/** Something Millrace measures about itself; dashboards and alarms are made from these. */
export interface Measurement {
  /** As the meter is given it. */
  readonly name: string;
  /** A counter only goes up; of a distribution each value counts. */
  readonly kind: 'counter' | 'distribution';
  readonly unit: 'count' | 'ms' | 'bytes';
  readonly labels: readonly string[];
  readonly about: string;
}

const stream = ['stream'] as const;
const group = ['stream', 'group'] as const;
const shard = ['stream', 'group', 'shardId'] as const;

/** Everything producers and consumers tell a meter. */
export const measurements: readonly Measurement[] = [
  counter('millrace.producer.records', stream, 'records stored'),
  counter('millrace.producer.entries', stream, 'Kinesis records stored; an aggregate is one'),
  counter('millrace.producer.entry_bytes', stream, 'bytes of those', 'bytes'),
  counter('millrace.producer.errors', ['stream', 'code'], 'records refused for now, by why'),
  counter('millrace.producer.lost', ['stream', 'code'], 'records given up, by why'),
  counter(
    'millrace.producer.foreign',
    stream,
    'records put again since their aggregate landed outside their shard',
  ),
  distribution('millrace.producer.settle_ms', stream, 'ms', 'from acceptance to the answer'),
  distribution('millrace.producer.buffering_ms', stream, 'ms', 'from acceptance to the first sending'),
  distribution('millrace.producer.request_ms', stream, 'ms', 'of one PutRecords call'),
  distribution('millrace.producer.retries', stream, 'count', 'of a Kinesis record'),
  distribution('millrace.producer.records_per_entry', stream, 'count', 'records that share a Kinesis record'),
  distribution(
    'millrace.producer.entries_per_request',
    stream,
    'count',
    'Kinesis records in a PutRecords call',
  ),
  distribution('millrace.producer.outstanding_bytes', stream, 'bytes', 'accepted and not yet settled'),
  counter('millrace.consumer.records', shard, 'records handled'),
  counter('millrace.consumer.foreign', group, 'records dropped that belong to another shard'),
  distribution(
    'millrace.consumer.unowned',
    group,
    'count',
    'shards nobody reads that this worker may not take, for its maxShards',
  ),
  distribution(
    'millrace.consumer.behind_ms',
    shard,
    'ms',
    'behind the newest record, after each batch and with each heartbeat; grows while a handler hangs',
  ),
];

function counter(
  name: string,
  labels: readonly string[],
  about: string,
  unit: Measurement['unit'] = 'count',
): Measurement {
  return { name, kind: 'counter', unit, labels, about };
}

function distribution(
  name: string,
  labels: readonly string[],
  unit: Measurement['unit'],
  about: string,
): Measurement {
  return { name, kind: 'distribution', unit, labels, about };
}
