import { openShards } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { adviseOnHeat, type HeatFinding } from '../hot/advise.ts';
import { HeatMap, type ShardHeat } from '../hot/shard-heat.ts';
import { showBytes, showNumber } from '../io/amount.ts';
import { documentFormat } from '../io/document.ts';
import { renderTable, type Column } from '../io/table.ts';
import { visible } from '../io/visible.ts';
import { certainKeys } from '../keys/certain-keys.ts';
import { readPace, tellPace } from '../read/pace.ts';
import { scanStream } from '../read/stream-scan.ts';
import { listShards } from '../shards/list-shards.ts';
import { shortShardId } from '../shards/shard-id.ts';
import { tellTrouble } from '../tail/trouble.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace hot`. */
export function hot(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const { options, clock, notes } = context;
    const [stream = ''] = context.args;
    const pollMs = readPace(context);
    const open = openShards(await listShards(kinesis, stream, context));
    tellPace(context, stream, open.length, pollMs);
    const forMs = options.number('for');
    // The past tells at once what the future would take a minute to.
    const past = options.flag('past');
    const startedAt = clock.now();
    const span = past
      ? { from: { type: 'time', at: startedAt - forMs } as const, exitAtEnd: true }
      : { from: { type: 'now' } as const, exitAtEnd: false };
    if (!past) notes.info(`watching ${stream} for ${forMs / 1000} s; Ctrl-C shows what there is`);
    const over = new AbortController();
    const timer = past ? undefined : clock.timer(forMs, () => over.abort());
    const told = tellTrouble(stream, notes);
    const heat = new HeatMap();
    try {
      await scanStream(
        { stream, reader: kinesis.connection.reader, clock, ...span, pollMs, asStored: true },
        async (records, { shardId }) => heat.add(shardId, records),
        AbortSignal.any([context.signal, over.signal, context.out.broken]),
      );
    } finally {
      timer?.[Symbol.dispose]();
      told[Symbol.dispose]();
    }
    const windowMs = past ? forMs : Math.max(1000, clock.now() - startedAt);
    const shards = heat.shards(
      open.map(({ shardId }) => shardId),
      windowMs,
      options.number('top'),
    );
    await tell(context, { stream, records: heat.records, windowMs, shards, findings: adviseOnHeat(shards) });
    return exitCode.ok;
  });
}

interface HeatDocument {
  readonly stream: string;
  /** Stored records that were looked at. */
  readonly records: number;
  readonly windowMs: number;
  readonly shards: readonly ShardHeat[];
  readonly findings: readonly HeatFinding[];
}

const columns: readonly Column<ShardHeat>[] = [
  { title: 'SHARD', cell: ({ shardId }) => shortShardId(shardId), align: 'right' },
  { title: 'LOAD', cell: ({ load }) => `${(load * 100).toFixed(0)} %`, align: 'right' },
  { title: 'RECORDS/S', cell: ({ recordsPerSecond }) => showNumber(recordsPerSecond), align: 'right' },
  { title: 'BYTES/S', cell: ({ bytesPerSecond }) => showBytes(bytesPerSecond), align: 'right' },
  {
    title: 'HEAVIEST KEYS',
    cell: ({ keys }) =>
      certainKeys(keys)
        .slice(0, 3)
        .map(({ partitionKey, share }) => `${partitionKey} ${(share * 100).toFixed(0)} %`)
        .join(', '),
  },
];

async function tell(context: CommandContext, document: HeatDocument): Promise<void> {
  const { out, notes } = context;
  const { shards, findings, records } = document;
  if (records === 0) notes.warn('nothing arrived in that time: there is nothing to tell of');
  if (documentFormat(context) !== 'table') {
    await out.line(JSON.stringify(document));
    return;
  }
  await out.write(
    renderTable(
      shards.toSorted((a, b) => b.load - a.load),
      columns,
      context,
    ),
  );
  for (const { kind, what, advice } of findings)
    await out.write(`\n${kind}: ${visible(what)}\n  ${advice}\n`);
}
