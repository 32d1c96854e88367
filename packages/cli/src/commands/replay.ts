import { isMillraceError } from '@millrace/kinesis';
import { isOpen, type Shard } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { showBytes } from '../io/amount.ts';
import { writeOne } from '../io/document.ts';
import { showDuration } from '../lag/lag-row.ts';
import { failFast } from '../put/first-contact.ts';
import { records as showRecords } from '../put/summary.ts';
import { tellPace } from '../read/pace.ts';
import { Probe } from '../read/probe.ts';
import type { Destination } from '../replay/destination.ts';
import { estimateByMetrics, estimateByProbe, leastSeconds, type Estimate } from '../replay/estimate.ts';
import { createFileDestination } from '../replay/file-destination.ts';
import { readReplayState, type ReplayState } from '../replay/replay-state.ts';
import { ReplayRun } from '../replay/replay-run.ts';
import { readReplaySettings, type ReplaySettings } from '../replay/settings.ts';
import { createStreamDestination } from '../replay/stream-destination.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { tellTrouble } from '../tail/trouble.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace replay`. */
export async function replay(context: CommandContext): Promise<ExitCode> {
  const { options, notes } = context;
  const settings = readReplaySettings(context);
  // Written over when it begins, not before: a dry run changes nothing, and one that is refused leaves what can be gone on from.
  const earlier = options.flag('restart')
    ? undefined
    : await readReplayState(settings.statePath, settings.identity);
  if (earlier !== undefined) {
    notes.info(
      `going on from ${settings.statePath}: ${showRecords(earlier.records)} are replayed; --restart begins anew`,
    );
  }
  const state: ReplayState = earlier ?? {
    v: 1,
    ...settings.identity,
    span: settings.span,
    shards: {},
    records: 0,
  };
  return withKinesis(context, async (kinesis) => {
    const { stream } = settings;
    const shards = await listShards(kinesis, stream, context);
    const only = options.list('shard').map((text) => findShard(stream, shards, text));
    const read = only.length > 0 ? only : shards;
    const plan = await planReplay(kinesis, context, { settings, state, read });
    if (options.flag('dry-run')) {
      await tellPlan(context, settings, plan);
      return exitCode.ok;
    }
    tellPace(context, stream, read.length, settings.pollMs);
    notes.info(`${earlier === undefined ? '' : 'in all '}${planText(plan)}`);
    const { destination } = settings;
    if (destination.kind === 'stream' && destination.stream === stream) {
      notes.warn(`${stream} gets its own records again, and so does everybody who reads it`);
    }
    return carryOut(kinesis, context, { settings, state, only, plan });
  });
}

interface Plan {
  readonly estimate: Estimate;
  readonly shards: number;
  readonly targetMaxRecordKiB?: number;
  /** The least it takes, with the limits of a real stream. */
  readonly seconds?: number;
}

async function planReplay(
  kinesis: Kinesis,
  context: CommandContext,
  parts: { readonly settings: ReplaySettings; readonly state: ReplayState; readonly read: readonly Shard[] },
): Promise<Plan> {
  const { clock, signal, target } = context;
  const { settings, state, read } = parts;
  const { destination, stream, pollMs, rate } = settings;
  // Asked before anything is read: a stream that is not there is better known at once.
  const into =
    destination.kind === 'stream' ? await kinesis.admin.describe(destination.stream, { signal }) : undefined;
  const { retentionHours } = await kinesis.admin.describe(stream, { signal });
  const { from, to } = state.span;
  const counted =
    from.type !== 'at' && from.type !== 'after' && to.type === 'time' && read.length > 1
      ? await ifPossible(context, 'the counts of CloudWatch', undefined, async () => {
          const now = clock.now();
          const begin = from.type === 'time' ? from.at : now - retentionHours * 3_600_000;
          const span = { from: begin, to: to.at, now };
          return estimateByMetrics(await kinesis.services.metrics(), stream, span, signal);
        })
      : undefined;
  const probe = new Probe({ stream, reader: kinesis.connection.reader, clock, signal, pollMs });
  const estimate = counted ?? (await estimateByProbe(probe, clock, read, state.span));
  const seconds = leastSeconds(estimate, {
    sourceShards: read.filter(isOpen).length,
    readsPerSecond: 1000 / pollMs,
    targetShards: into?.openShards,
    rate,
  });
  return {
    estimate,
    shards: read.length,
    ...(into?.maxRecordKiB !== undefined && { targetMaxRecordKiB: into.maxRecordKiB }),
    ...((!target.loopback || rate !== undefined) && { seconds }),
  };
}

function planText({ estimate, seconds }: Plan): string {
  const size = showBytes(estimate.bytes);
  const about = estimate.basis === 'counted' ? '' : 'about ';
  const time = seconds === undefined ? '' : `, at least ${showDuration(seconds * 1000)}`;
  return `${about}${showRecords(estimate.records)}, ${size} (${estimate.basis})${time}`;
}

async function tellPlan(
  context: CommandContext,
  { identity, statePath }: ReplaySettings,
  plan: Plan,
): Promise<void> {
  const { estimate, shards, seconds } = plan;
  const { stream, into, range } = identity;
  const document = {
    stream,
    into,
    range,
    dryRun: true,
    shards,
    ...estimate,
    ...(seconds !== undefined && { seconds }),
  };
  await writeOne(context, document, [
    ['would replay', planText(plan)],
    ['from', `${stream}, ${shards} ${shards === 1 ? 'shard' : 'shards'}, ${range}`],
    ['into', into],
    ['state', statePath],
  ]);
}

async function carryOut(
  kinesis: Kinesis,
  context: CommandContext,
  parts: {
    readonly settings: ReplaySettings;
    readonly state: ReplayState;
    readonly only: readonly Shard[];
    readonly plan: Plan;
  },
): Promise<ExitCode> {
  const { clock, notes, signal } = context;
  const { settings, state, only, plan } = parts;
  const startedAt = clock.monotonic();
  const destination = await openDestination(kinesis, context, settings, state, plan);
  const told = tellTrouble(settings.stream, notes);
  const run = new ReplayRun(context, settings, destination, state, plan.shards);
  let done: boolean;
  try {
    done = await run.run(kinesis, only, signal);
  } catch (error) {
    if (isMillraceError(error))
      notes.warn(`${showRecords(run.records)} are replayed; the rest goes on when it is run again`);
    throw error;
  } finally {
    told[Symbol.dispose]();
    await destination.close();
  }
  const seconds = (clock.monotonic() - startedAt) / 1000;
  const { stream, into } = settings.identity;
  await writeOne(context, { stream, into, records: run.records, bytes: run.bytes, seconds, done }, [
    ['replayed', showRecords(run.records)],
    ['into', into],
    ['took', showDuration(seconds * 1000)],
  ]);
  if (!done) notes.warn(`stopped early: run it again to go on from ${settings.statePath}`);
  return done ? exitCode.ok : exitCode.interrupted;
}

function openDestination(
  kinesis: Kinesis,
  { clock, options }: CommandContext,
  { destination, pace }: ReplaySettings,
  state: ReplayState,
  { targetMaxRecordKiB = 1024 }: Plan,
): Promise<Destination> | Destination {
  if (destination.kind === 'file') {
    return createFileDestination({ path: destination.path, pace, resumeAt: state.fileBytes });
  }
  return createStreamDestination({
    stream: destination.stream,
    writer: failFast(kinesis.connection.writer),
    clock,
    pace,
    aggregate: options.flag('aggregate'),
    maxRecordBytes: targetMaxRecordKiB * 1024,
  });
}
