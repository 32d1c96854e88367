import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { showBytes, showNumber } from '../io/amount.ts';
import { writeList } from '../io/document.ts';
import type { Column } from '../io/table.ts';
import { accountLimits, streamLimits, type LimitRow, type StreamTraffic } from '../limits/limit-rows.ts';
import { readTraffic } from '../metrics/traffic.ts';
import type { Kinesis } from '../aws/kinesis.ts';
import { withKinesis } from '../with-kinesis.ts';

const recentMs = 15 * 60_000;

/** `millrace limits`. */
export function limits(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const { signal, notes, options } = context;
    const [stream] = context.args;
    const account = await kinesis.services.account();
    const rows: LimitRow[] = [...accountLimits(await account.limits({ signal }))];
    if (stream !== undefined) {
      const described = await kinesis.admin.describe(stream, { signal });
      const advantage = await ifPossible(context, 'the account settings', false, () =>
        account.isOnAdvantage({ signal }),
      );
      rows.push(...streamLimits(described, await recentTraffic(kinesis, context, stream), advantage));
    }
    await writeList(context, rows, columns);
    const max = options.numberOrNone('max-percent');
    const over = rows.filter(({ share = 0 }) => max !== undefined && share * 100 > max);
    for (const { limit, advice } of over)
      notes.warn(`${limit} is over ${max} % of what is allowed. ${advice}`);
    return over.length === 0 ? exitCode.ok : exitCode.checkFailed;
  });
}

const columns: readonly Column<LimitRow>[] = [
  { title: 'OF', cell: ({ of }) => of },
  { title: 'LIMIT', cell: ({ limit }) => limit },
  { title: 'USED', cell: ({ used, unit }) => (used === undefined ? '' : show(used, unit)), align: 'right' },
  { title: 'ALLOWED', cell: ({ allowed, unit }) => show(allowed, unit), align: 'right' },
  {
    title: '',
    cell: ({ share }) => (share === undefined ? '' : `${(share * 100).toFixed(0)} %`),
    align: 'right',
  },
];

function show(value: number, unit: LimitRow['unit']): string {
  if (unit === 'count') return showNumber(value);
  if (unit === 'bytes/s') return `${showBytes(value)}/s`;
  if (unit === 'per second') return `${showNumber(value)}/s`;
  return unit === 'records/s' ? `${showNumber(value)} records/s` : `${showNumber(value)} ${unit}`;
}

/** The busiest minute of the last fifteen: a mean would hide how near it was. */
function recentTraffic(
  kinesis: Kinesis,
  context: CommandContext,
  stream: string,
): Promise<StreamTraffic | undefined> {
  const { clock, signal } = context;
  return ifPossible(context, 'the traffic', undefined, async () => {
    const metrics = await kinesis.services.metrics();
    const counted = await readTraffic(metrics, stream, [], { now: clock.now(), forMs: recentMs }, signal);
    if (counted === undefined) return undefined;
    return {
      inRecords: counted.peakInRecordsPerSecond,
      inBytes: counted.peakInBytesPerSecond,
      outBytes: counted.outBytes / counted.seconds,
    };
  });
}
