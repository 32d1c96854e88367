import { CloudwatchError, invalidValue } from './cloudwatch-error.ts';
import type { Input } from './input.ts';
import type { Dimension, MetricStore } from './metric-store.ts';
import { minuteMs } from './series.ts';
import { floorTo } from './statistics.ts';

export const units = [
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Kilobytes/Second',
  'Megabytes/Second',
  'Gigabytes/Second',
  'Terabytes/Second',
  'Bits/Second',
  'Kilobits/Second',
  'Megabits/Second',
  'Gigabits/Second',
  'Terabits/Second',
  'Count/Second',
  'None',
] as const;

/** See {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html}. */
export function putMetricData(store: MetricStore, input: Input, now: number): void {
  const namespace = input.requiredText('Namespace');
  if (namespace.startsWith(':')) throw invalidValue('The value : for parameter Namespace is invalid.');
  if (namespace.startsWith('AWS/')) {
    throw invalidValue('The value AWS/ for parameter Namespace is invalid.');
  }
  const data = [
    ...input.structures('MetricData'),
    ...input.structures('EntityMetricData').flatMap((entity) => entity.structures('MetricData')),
  ];
  if (data.length === 0) throw input.missing('MetricData');
  if (data.length > 1000)
    throw invalidValue('The collection MetricData must not have a size greater than 1000.');
  // Nothing is kept before everything is checked.
  for (const keep of data.map((datum) => readDatum(store, namespace, datum, now))) keep();
}

/** The dimensions of a metric. Throws for more than 30, or two of the same name. */
export function dimensionsOf(input: Input): readonly Dimension[] {
  const dimensions = input.structures('Dimensions').map((one) => ({
    name: one.requiredText('Name'),
    value: one.requiredText('Value', 1024),
  }));
  if (dimensions.length > 30) {
    throw invalidValue('The collection Dimensions must not have a size greater than 30.');
  }
  if (new Set(dimensions.map(({ name }) => name)).size < dimensions.length) {
    throw invalidValue('No two dimensions of a metric may have the same name.');
  }
  return dimensions;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

function readDatum(store: MetricStore, namespace: string, datum: Input, now: number): () => void {
  const id = { namespace, name: datum.requiredText('MetricName'), dimensions: dimensionsOf(datum) };
  const unit = datum.choice('Unit', units) ?? 'None';
  const time = datum.time('Timestamp') ?? now;
  if (time < now - 14 * dayMs || time > now + 2 * hourMs) {
    throw invalidValue(
      'The parameter Timestamp must specify a time no more than two weeks in the past and no more than two hours in ' +
        'the future.',
    );
  }
  const minute = floorTo(time, minuteMs);
  const value = datum.number('Value');
  const set = datum.structure('StatisticValues');
  const values = datum.numbers('Values');
  if ([value !== undefined, set !== undefined, values.length > 0].filter(Boolean).length !== 1) {
    throw new CloudwatchError(
      'InvalidParameterCombinationException',
      'Exactly one of the parameters Value, Values and StatisticValues must be given for each metric.',
    );
  }
  if (value !== undefined) return () => store.series(id, unit).add(minute, value);
  if (set !== undefined) return keepSet(store, id, unit, minute, set);
  const counts = datum.numbers('Counts');
  if (values.length > 150) throw invalidValue('The collection Values must not have a size greater than 150.');
  if (counts.length > 0 && counts.length !== values.length) {
    throw invalidValue('The parameters Values and Counts must have the same size.');
  }
  return () => {
    const series = store.series(id, unit);
    for (const [index, one] of values.entries()) {
      const count = counts[index] ?? 1;
      series.addSet(minute, { count, sum: one * count, min: one, max: one });
    }
  };
}

function keepSet(
  store: MetricStore,
  id: Parameters<MetricStore['series']>[0],
  unit: string,
  minute: number,
  set: Input,
): () => void {
  const samples = {
    count: set.requiredNumber('SampleCount'),
    sum: set.requiredNumber('Sum'),
    min: set.requiredNumber('Minimum'),
    max: set.requiredNumber('Maximum'),
  };
  if (samples.count <= 0 || samples.min > samples.max) {
    throw invalidValue(
      'StatisticValues must have a positive SampleCount and a Minimum not above the Maximum.',
    );
  }
  return () => store.series(id, unit).addSet(minute, samples);
}
