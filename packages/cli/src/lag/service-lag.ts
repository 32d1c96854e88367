import type { Kinesis } from '../aws/kinesis.ts';
import type { Mapping } from '../aws/mappings.ts';
import type { MetricQuery, Metrics } from '../aws/metrics.ts';
import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import type { LagRow } from './lag-row.ts';

/** CloudWatch is a minute or two behind; what is older says nothing of now. */
const recentMs = 5 * 60_000;

/** The readers whose checkpoints the service keeps: fan-out consumers and event source mappings of a stream. */
export interface ServiceReaders {
  readonly rows: readonly LagRow[];
  readonly mappings: readonly Mapping[];
}

/** What CloudWatch said last of them. */
export async function serviceReaders(
  kinesis: Kinesis,
  context: CommandContext,
  stream: string,
): Promise<ServiceReaders> {
  const { signal } = context;
  const { arn } = await kinesis.admin.describe(stream, { signal });
  const consumers = await ifPossible(context, 'fan-out consumers', [], async () =>
    (await kinesis.services.fanOut()).list(arn, { signal }),
  );
  const mappings = await ifPossible(context, 'event source mappings', [], async () => {
    const service = await kinesis.services.mappings();
    const sources = [arn, ...consumers.map((consumer) => consumer.arn)];
    return (await Promise.all(sources.map((source) => service.list(source, { signal })))).flat();
  });
  const readers: readonly Reader[] = [
    ...consumers.map(({ name }) => fanOutReader(stream, name)),
    ...mappings.map((mapping) => mappingReader(stream, mapping)),
  ];
  if (readers.length === 0) return { rows: [], mappings };
  const ages = await ifPossible(
    context,
    'the ages CloudWatch keeps',
    readers.map(() => undefined),
    async () => latest(await kinesis.services.metrics(), readers, context),
  );
  const rows = readers.map(({ row }, index): LagRow => {
    const behindMs = ages[index];
    return behindMs === undefined
      ? row
      : { ...row, behindMs, state: row.state === 'unknown' ? 'reading' : row.state };
  });
  return { rows, mappings };
}

interface Reader {
  readonly row: LagRow;
  readonly query: MetricQuery;
}

function fanOutReader(stream: string, consumer: string): Reader {
  return {
    row: { stream, kind: 'fan-out', reader: consumer, state: 'unknown' },
    query: {
      namespace: 'AWS/Kinesis',
      name: 'SubscribeToShardEvent.MillisBehindLatest',
      dimensions: { StreamName: stream, ConsumerName: consumer },
      statistic: 'Maximum',
    },
  };
}

function mappingReader(stream: string, { functionName, state }: Mapping): Reader {
  return {
    row: {
      stream,
      kind: 'mapping',
      reader: functionName,
      state: state === 'Disabled' || state === 'Disabling' ? 'free' : 'unknown',
    },
    query: {
      namespace: 'AWS/Lambda',
      name: 'IteratorAge',
      dimensions: { FunctionName: functionName },
      statistic: 'Maximum',
    },
  };
}

async function latest(
  metrics: Metrics,
  readers: readonly Reader[],
  { clock, signal }: CommandContext,
): Promise<readonly (number | undefined)[]> {
  const to = clock.now();
  const series = await metrics.read(
    readers.map(({ query }) => query),
    { from: to - recentMs, to: to + 60_000, periodSeconds: 60 },
    { signal },
  );
  return series.map((points) => points.at(-1)?.value);
}
