import { optionError, sleep } from '@millrace/kinesis/runtime';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { documentFormat, writeList } from '../io/document.ts';
import { renderTable, type Column } from '../io/table.ts';
import { keepLooking } from '../watch/keep-looking.ts';
import { explainMapping, gatherEvidence } from '../lag/explain-view.ts';
import { catchUp, explainLag, showCatchUp } from '../lag/explain.ts';
import { showDuration, type LagRow } from '../lag/lag-row.ts';
import { LagSurvey, type LagView } from '../lag/survey.ts';
import { shortShardId } from '../shards/shard-id.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace lag`. */
export async function lag(context: CommandContext): Promise<ExitCode> {
  const { args, options } = context;
  if (args[0] === undefined && options.list('group').length === 0) {
    throw optionError('stream', undefined, 'the name of a stream, or --group');
  }
  if (options.flag('watch') && options.flag('explain')) {
    throw optionError('--explain', 'given with --watch', 'one of them');
  }
  return withKinesis(context, async (kinesis) => {
    const survey = new LagSurvey(kinesis, context, options.list('group'));
    if (options.flag('watch')) return watch(context, survey);
    const view = await survey.look();
    if (options.flag('explain')) await explain(kinesis, context, survey, view);
    else await writeList(context, view.rows, columns);
    return verdict(context, view.rows);
  });
}

const columns: readonly Column<LagRow>[] = [
  { title: 'READER', cell: ({ reader, kind }) => (kind === 'group' ? reader : `${reader} (${kind})`) },
  { title: 'STREAM', cell: ({ stream }) => stream },
  {
    title: 'SHARD',
    cell: ({ shardId }) => (shardId === undefined ? 'all' : shortShardId(shardId)),
    align: 'right',
  },
  { title: 'STATE', cell: ({ state }) => state },
  {
    title: 'BEHIND',
    cell: ({ behindMs }) => (behindMs === undefined ? '' : showDuration(behindMs)),
    align: 'right',
  },
  {
    title: 'RECORDS',
    cell: ({ records, exact }) =>
      records === undefined ? '' : `${exact === false ? '~' : ''}${records.toLocaleString('en-US')}`,
    align: 'right',
  },
  { title: 'OWNER', cell: ({ owner }) => owner ?? '' },
];

/** Exit code 7, and which, when any is further behind than `--max`. */
function verdict({ options, notes }: CommandContext, rows: readonly LagRow[]): ExitCode {
  const max = options.numberOrNone('max');
  const over = rows.filter(({ behindMs = 0 }) => max !== undefined && behindMs > max);
  for (const { reader, stream, shardId, behindMs = 0 } of over.slice(0, 10)) {
    const where = shardId === undefined ? stream : `${shardId} of ${stream}`;
    notes.warn(
      `${reader} is ${showDuration(behindMs)} behind on ${where}, more than ${showDuration(max ?? 0)}`,
    );
  }
  return over.length === 0 ? exitCode.ok : exitCode.checkFailed;
}

function watch(context: CommandContext, survey: LagSurvey): Promise<ExitCode> {
  return keepLooking(context, {
    look: () => survey.look(),
    text: ({ rows }) => renderTable(rows, columns, context),
    document: ({ at, rows }) => ({ at: new Date(at).toISOString(), rows }),
    verdict: ({ rows }) => {
      const code = verdict(context, rows);
      return code === exitCode.ok ? undefined : code;
    },
  });
}

async function explain(
  kinesis: Kinesis,
  context: CommandContext,
  survey: LagSurvey,
  before: LagView,
): Promise<void> {
  const { options, clock, signal, notes } = context;
  const windowMs = options.number('window');
  notes.info(`looking again in ${windowMs / 1000} s`);
  await sleep(clock, windowMs, signal);
  const after = await survey.look();
  const evidence = await gatherEvidence(kinesis, context, before, after);
  const [stream = ''] = context.args;
  const findings = [
    ...evidence.flatMap(explainLag),
    ...after.mappings.flatMap((mapping) => explainMapping(stream, mapping)),
  ];
  const estimates = evidence.map(catchUp);
  if (documentFormat(context) !== 'table') {
    const document = { at: new Date(after.at).toISOString(), findings, catchUp: estimates, rows: after.rows };
    await context.out.line(JSON.stringify(document));
    return;
  }
  for (const estimate of estimates) {
    await context.out.line(`${estimate.reader} on ${estimate.stream} ${showCatchUp(estimate)}`);
  }
  for (const { reader, cause, shardIds, what, advice } of findings) {
    const where = shardIds.length === 0 ? '' : ` (shard ${shardIds.map(shortShardId).join(', ')})`;
    await context.out.write(`\n${reader}: ${cause}${where}\n  ${what}\n  ${advice}\n`);
  }
  if (findings.length === 0) await context.out.line('nothing keeps them behind');
}
