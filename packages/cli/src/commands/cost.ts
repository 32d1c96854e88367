import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import {
  estimateCost,
  putWaste,
  type BilledStream,
  type ModeCost,
  type PutWaste,
} from '../cost/estimate-cost.ts';
import { readPrices } from '../cost/prices.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { showBytes, showNumber } from '../io/amount.ts';
import { documentFormat } from '../io/document.ts';
import { renderTable } from '../io/table.ts';
import { showDuration } from '../lag/lag-row.ts';
import { readTraffic } from '../metrics/traffic.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace cost`. */
export async function cost(context: CommandContext): Promise<ExitCode> {
  const { options, signal, clock, notes } = context;
  const [name = ''] = context.args;
  const pricesPath = options.textOrNone('prices');
  const prices = await readPrices(pricesPath);
  return withKinesis(context, async ({ admin, services }) => {
    const { arn, mode, openShards, retentionHours, shardMetrics } = await admin.describe(name, { signal });
    const consumers = await ifPossible(context, 'fan-out consumers', [], async () =>
      (await services.fanOut()).list(arn, { signal }),
    );
    const traffic = await readTraffic(
      await services.metrics(),
      name,
      consumers.map((consumer) => consumer.name),
      { now: clock.now(), forMs: options.number('for') },
      signal,
    );
    if (traffic === undefined) {
      notes.warn(
        `CloudWatch has counted no traffic of ${name} in that time: this is what it costs to stand idle`,
      );
    }
    const perSecond = (total: number): number => (traffic === undefined ? 0 : total / traffic.seconds);
    const stream: BilledStream = {
      shards: openShards,
      retentionHours,
      fanOutConsumers: consumers.length,
      shardMetrics: shardMetrics.length,
      inBytes: perSecond(traffic?.inBytes ?? 0),
      inRecords: perSecond(traffic?.inRecords ?? 0),
      outBytes: perSecond(traffic?.outBytes ?? 0),
      fanOutBytes: perSecond(traffic?.fanOutBytes.reduce((a, b) => a + b, 0) ?? 0),
      peakInBytes: traffic?.peakInBytesPerSecond ?? 0,
      peakInRecords: traffic?.peakInRecordsPerSecond ?? 0,
    };
    const waste = putWaste(stream, prices);
    const now = mode === 'ON_DEMAND' ? 'on-demand' : 'provisioned';
    await tell(context, {
      stream: name,
      now,
      prices: pricesPath ?? 'examples',
      measuredSeconds: traffic?.seconds ?? 0,
      traffic: stream,
      modes: estimateCost(stream, prices),
      ...(waste !== undefined && { putWaste: waste }),
    });
    if (pricesPath === undefined) notes.info('with example prices; give those of your region with --prices');
    return exitCode.ok;
  });
}

interface CostDocument {
  readonly stream: string;
  readonly now: 'on-demand' | 'provisioned';
  /** The file they came from, or `examples`. */
  readonly prices: string;
  readonly measuredSeconds: number;
  readonly traffic: BilledStream;
  readonly modes: readonly ModeCost[];
  readonly putWaste?: PutWaste;
}

async function tell(context: CommandContext, document: CostDocument): Promise<void> {
  const { out } = context;
  const { modes, traffic, putWaste: waste, now, measuredSeconds } = document;
  if (documentFormat(context) !== 'table') {
    await out.line(JSON.stringify(document));
    return;
  }
  await out.write(
    `${document.stream}: ${showNumber(traffic.inRecords)} records/s, ${showBytes(traffic.inBytes)}/s in, ${showBytes(traffic.outBytes + traffic.fanOutBytes)}/s out, measured over ${showDuration(measuredSeconds * 1000)}\n\n`,
  );
  await out.write(
    renderTable(
      modes,
      [
        {
          title: 'BILLING',
          cell: ({ mode, shards }) =>
            `${mode}${shards === undefined ? '' : ` (${shards} ${shards === 1 ? 'shard' : 'shards'})`}${mode === now ? ', now' : ''}`,
        },
        { title: 'A MONTH', cell: ({ monthly }) => money(monthly), align: 'right' },
        {
          title: 'OF WHICH',
          cell: ({ items }) => items.map(({ what, monthly }) => `${what} ${money(monthly)}`).join(', '),
        },
      ],
      context,
    ),
  );
  if (waste !== undefined && waste.units > waste.unitsAggregated * 1.1) {
    const saved = ((1 - waste.unitsAggregated / waste.units) * 100).toFixed(0);
    await out.write(
      `\nrecords of ${showBytes(waste.meanRecordBytes)} on average are paid as 25 KiB each: aggregation saves ${saved} % of the put payload units, ${money(waste.savedMonthly)} a month\n`,
    );
  }
}

function money(amount: number): string {
  return amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
