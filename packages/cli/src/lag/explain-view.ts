import type { Kinesis } from '../aws/kinesis.ts';
import type { Mapping } from '../aws/mappings.ts';
import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import type { LagEvidence, LagFinding } from './explain.ts';
import type { LagView } from './survey.ts';

const recentMs = 5 * 60_000;

/** What two looks at the groups of a stream and CloudWatch tell, for each group. */
export async function gatherEvidence(
  kinesis: Kinesis,
  context: CommandContext,
  before: LagView,
  after: LagView,
): Promise<readonly LagEvidence[]> {
  return Promise.all(
    after.parts.map(async ({ group: reader, stream, leases }): Promise<LagEvidence> => {
      const ofGroup = (view: LagView): LagEvidence['after'] =>
        view.rows.filter((row) => row.kind === 'group' && row.reader === reader && row.stream === stream);
      const earlier = before.parts.find((part) => part.group === reader && part.stream === stream);
      const counters = new Map(earlier?.leases.map((lease) => [lease.shardId, lease.counter]));
      const alive = leases.filter(({ shardId, counter }) => (counters.get(shardId) ?? counter) !== counter);
      return {
        stream,
        reader,
        windowMs: Math.max(1, after.at - before.at),
        before: ofGroup(before),
        after: ofGroup(after),
        alive: new Set(alive.map(({ shardId }) => shardId)),
        throttledReads: await throttledReads(kinesis, context, stream),
      };
    }),
  );
}

/** What the state of a mapping says by itself. */
export function explainMapping(stream: string, mapping: Mapping): readonly LagFinding[] {
  const { functionName: reader, state, lastResult } = mapping;
  const about = { stream, reader, shardIds: [] };
  if (state === 'Disabled' || state === 'Disabling') {
    return [
      {
        ...about,
        cause: 'paused-mapping',
        what: `the mapping is ${state}`,
        advice: `Enable it: aws lambda update-event-source-mapping --uuid ${mapping.id} --enabled`,
      },
    ];
  }
  if (lastResult === '' || lastResult === 'OK' || lastResult === 'No records processed') return [];
  const retried =
    mapping.maxRetries === undefined && mapping.maxRecordAgeSeconds === undefined
      ? 'It is tried until it leaves the stream: set retries, a maximum age and a failure destination.'
      : 'See the logs of the function.';
  return [{ ...about, cause: 'failing-mapping', what: lastResult, advice: retried }];
}

async function throttledReads(
  kinesis: Kinesis,
  context: CommandContext,
  stream: string,
): Promise<number | undefined> {
  const to = context.clock.now();
  return ifPossible(context, 'throttled reads', undefined, async () => {
    const metrics = await kinesis.services.metrics();
    const [points = []] = await metrics.read(
      [
        {
          namespace: 'AWS/Kinesis',
          name: 'ReadProvisionedThroughputExceeded',
          dimensions: { StreamName: stream },
          statistic: 'Sum',
        },
      ],
      { from: to - recentMs, to: to + 60_000, periodSeconds: 60 },
      { signal: context.signal },
    );
    return points.length === 0 ? undefined : points.reduce((sum, { value }) => sum + value, 0);
  });
}
