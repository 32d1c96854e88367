import type { MetricSpan } from '../aws/metrics.ts';
import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { showBytes, showNumber } from '../io/amount.ts';
import { writeList } from '../io/document.ts';
import type { Column } from '../io/table.ts';
import { sparkline } from '../io/sparkline.ts';
import { showDuration } from '../lag/lag-row.ts';
import {
  consumerMetrics,
  readMetricRows,
  shardMetrics,
  streamMetrics,
  type MetricRow,
  type Subject,
} from '../metrics/stream-metrics.ts';
import { listShards } from '../shards/list-shards.ts';
import { shortShardId } from '../shards/shard-id.ts';
import { withKinesis } from '../with-kinesis.ts';

/** As many as fit a terminal beside the numbers. */
const mostPoints = 60;

/** `millrace metrics`. */
export function metrics(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const { options, clock, signal, notes } = context;
    const [stream = ''] = context.args;
    const { arn } = await kinesis.admin.describe(stream, { signal });
    const consumers = await ifPossible(context, 'fan-out consumers', [], async () =>
      (await kinesis.services.fanOut()).list(arn, { signal }),
    );
    const shards = options.flag('shards') ? await listShards(kinesis, stream, context) : [];
    const subjects: readonly Subject[] = [
      { dimensions: { StreamName: stream }, kinds: streamMetrics },
      ...consumers.map(({ name }) => ({
        dimensions: { StreamName: stream, ConsumerName: name },
        kinds: consumerMetrics,
      })),
      ...shards.map(({ shardId }) => ({
        dimensions: { StreamName: stream, ShardId: shardId },
        kinds: shardMetrics,
      })),
    ];
    const span = spanOf(options.number('for'), clock.now());
    const rows = await readMetricRows(await kinesis.services.metrics(), subjects, span, signal);
    if (rows.every(({ points }) => points.length === 0)) {
      notes.warn(
        `CloudWatch has nothing of ${stream} in that time: nobody wrote or read, or it is a minute or two late`,
      );
    } else if (
      shards.length > 0 &&
      rows.every(({ dimensions, points }) => dimensions['ShardId'] === undefined || points.length === 0)
    ) {
      notes.warn(`${stream} publishes no metrics of its shards: see aws kinesis enable-enhanced-monitoring`);
    }
    // One that is not used by anybody has no line: PutRecord where all use PutRecords, and shards that are closed.
    await writeList(
      context,
      rows.filter(({ points }) => points.length > 0),
      columnsOf(span),
    );
    return exitCode.ok;
  });
}

/** Whole minutes that end with the one that is under way, in so many periods that they fit. */
function spanOf(forMs: number, now: number): MetricSpan {
  const minutes = Math.max(1, Math.ceil(forMs / 60_000));
  const periodSeconds = Math.ceil(minutes / mostPoints) * 60;
  const periodMs = periodSeconds * 1000;
  const to = (Math.floor(now / periodMs) + 1) * periodMs;
  return { from: to - Math.ceil((minutes * 60_000) / periodMs) * periodMs, to, periodSeconds };
}

function columnsOf(span: MetricSpan): readonly Column<MetricRow>[] {
  return [
    { title: 'METRIC', cell: nameOf },
    {
      title: 'SUM',
      cell: ({ sum, unit }) => (unit === 'ms' || unit === 'ratio' ? '' : show(sum, unit)),
      align: 'right',
    },
    { title: 'AVERAGE', cell: ({ average, unit }) => show(average, unit), align: 'right' },
    { title: 'MAXIMUM', cell: ({ maximum, unit }) => show(maximum, unit), align: 'right' },
    { title: 'LAST', cell: (row) => show(mainOf(row, row.points.length - 1), row.unit), align: 'right' },
    { title: 'TREND', cell: (row) => sparkline(drawn(row, span)), dispensable: true },
  ];
}

function nameOf({ metric, dimensions }: MetricRow): string {
  const { ConsumerName: consumer, ShardId: shard } = dimensions;
  if (consumer !== undefined) return `${metric} ${consumer}`;
  return shard === undefined ? metric : `${metric} ${shortShardId(shard)}`;
}

/** A value for every period, a gap where the service told nothing. */
function drawn(row: MetricRow, { from, to, periodSeconds }: MetricSpan): readonly (number | undefined)[] {
  const byTime = new Map(row.points.map(({ at }, index) => [Date.parse(at), mainOf(row, index)]));
  const count = Math.round((to - from) / (periodSeconds * 1000));
  return Array.from({ length: count }, (_, index) => byTime.get(from + index * periodSeconds * 1000));
}

function mainOf({ points, main }: MetricRow, index: number): number | undefined {
  const point = points[index];
  if (point === undefined) return undefined;
  if (main === 'Sum') return point.sum;
  return main === 'Average' ? point.average : point.maximum;
}

function show(value: number | undefined, unit: MetricRow['unit']): string {
  if (value === undefined) return '';
  if (unit === 'bytes') return showBytes(value);
  if (unit === 'ms') return showDuration(value);
  return unit === 'ratio' ? `${(value * 100).toFixed(1)} %` : showNumber(value);
}
