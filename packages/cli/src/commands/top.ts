import { openShards } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import { ifPossible } from '../aws/optional.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { keepLooking } from '../watch/keep-looking.ts';
import { createPaint } from '../io/paint.ts';
import { LagSurvey } from '../lag/survey.ts';
import { readPace, tellPace } from '../read/pace.ts';
import type { Probe } from '../read/probe.ts';
import { measureRate } from '../read/shard-rate.ts';
import { listShards } from '../shards/list-shards.ts';
import { createFrame, renderFrame, type TopFrame } from '../top/frame.ts';
import { withKinesis } from '../with-kinesis.ts';

/** What a rate is measured over: short enough to be now, long enough to be no single burst. */
const windowMs = 10_000;
const shardRows = 20;

/** `millrace top`. */
export function top(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const view = new Overview(kinesis, context);
    const paint = createPaint(context.colour);
    const most = context.options.numberOrNone('num') ?? Number.POSITIVE_INFINITY;
    return keepLooking(context, {
      look: () => view.look(),
      text: (frame) => renderFrame(frame, paint, shardRows),
      document: (frame) => frame,
      verdict: (_, looks) => (looks >= most ? exitCode.ok : undefined),
    });
  });
}

class Overview {
  readonly #kinesis: Kinesis;
  readonly #context: CommandContext;
  readonly #stream: string;
  readonly #survey: LagSurvey;
  readonly #probe: Probe;
  #told = false;

  constructor(kinesis: Kinesis, context: CommandContext) {
    this.#kinesis = kinesis;
    this.#context = context;
    this.#stream = context.args[0] ?? '';
    this.#survey = new LagSurvey(kinesis, context);
    this.#probe = this.#survey.probe(this.#stream);
  }

  async look(): Promise<TopFrame> {
    const { clock, signal } = this.#context;
    const stream = this.#stream;
    const { mode } = await this.#kinesis.admin.describe(stream, { signal });
    const open = openShards(await listShards(this.#kinesis, stream, this.#context));
    if (!this.#told) tellPace(this.#context, stream, open.length, readPace(this.#context));
    this.#told = true;
    const rates = await Promise.all(
      open.map(({ shardId }) => measureRate(this.#probe, clock, shardId, windowMs)),
    );
    const { rows } = await this.#survey.look();
    const throttles = await this.#throttles();
    return createFrame({ at: new Date(clock.now()).toISOString(), stream, mode, ...throttles }, rates, rows);
  }

  /** Of the last minute CloudWatch has whole, and the one under way. */
  #throttles(): Promise<Pick<TopFrame, 'throttledReads' | 'throttledWrites'>> {
    const { clock, signal } = this.#context;
    const minute = Math.floor(clock.now() / 60_000) * 60_000;
    return ifPossible(this.#context, 'throttles', {}, async () => {
      const metrics = await this.#kinesis.services.metrics();
      const [writes = [], reads = []] = await metrics.read(
        ['WriteProvisionedThroughputExceeded', 'ReadProvisionedThroughputExceeded'].map((name) => ({
          namespace: 'AWS/Kinesis',
          name,
          dimensions: { StreamName: this.#stream },
          statistic: 'Sum' as const,
        })),
        { from: minute - 60_000, to: minute + 60_000, periodSeconds: 60 },
        { signal },
      );
      const [throttledWrites, throttledReads] = [writes.at(-1)?.value, reads.at(-1)?.value];
      return {
        ...(throttledWrites !== undefined && { throttledWrites }),
        ...(throttledReads !== undefined && { throttledReads }),
      };
    });
  }
}
