import { versions } from 'node:process';

import { isMillraceError, type MillraceError } from '@millrace/kinesis';
import { openShards } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import type { DescribedStream } from '../aws/stream-admin.ts';
import type { FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { Mapping } from '../aws/mappings.ts';
import type { CommandContext } from '../command-context.ts';
import { checkAlarms } from '../doctor/alarm-check.ts';
import type { Examination } from '../doctor/finding.ts';
import { whyNoHttp2 } from '../doctor/http2-check.ts';
import { checkClock, checkIdentity, checkRuntime } from '../doctor/machine-check.ts';
import { checkMappings } from '../doctor/mapping-check.ts';
import { checkFanOut, checkPermissions, checkStream } from '../doctor/stream-check.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { whatHappened } from '../errors/report-error.ts';
import { recommendedAlarms } from '../infra/recommended-alarms.ts';
import { groupsOf, mappingsOf, processorsOf } from '../infra/stream-readers.ts';
import { documentFormat } from '../io/document.ts';
import { createPaint, type Colour } from '../io/paint.ts';
import { visible } from '../io/visible.ts';
import { listShards } from '../shards/list-shards.ts';
import { withKinesis } from '../with-kinesis.ts';

const hourMs = 3_600_000;
const http2TimeoutMs = 5000;

/** `millrace doctor`. */
export function doctor(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const patient = new Patient(kinesis, context);
    const examinations = await patient.examine(context.args[0]);
    await tell(context, examinations);
    const found = examinations.flatMap(({ findings }) => findings);
    return found.some(({ severity }) => severity !== 'info') ? exitCode.checkFailed : exitCode.ok;
  });
}

class Patient {
  readonly #kinesis: Kinesis;
  readonly #context: CommandContext;

  constructor(kinesis: Kinesis, context: CommandContext) {
    this.#kinesis = kinesis;
    this.#context = context;
  }

  async examine(stream: string | undefined): Promise<readonly Examination[]> {
    const { clock, signal } = this.#context;
    const { services } = this.#kinesis;
    const machine = [
      checkRuntime(versions.node),
      await this.#http2(),
      await this.#credentials(),
      await this.#try('clock', async () => {
        const permissions = await services.permissions();
        return checkClock(await permissions.clockSkew(() => clock.now(), { signal }));
      }),
    ];
    if (stream === undefined) return machine;
    // A stream that is not there has no other ailment: told as an error of its own.
    const described = await this.#kinesis.admin.describe(stream, { signal });
    return [...machine, ...(await this.#stream(described))];
  }

  async #credentials(): Promise<Examination> {
    const { clock, signal, target } = this.#context;
    const check = 'credentials';
    return this.#try(check, async () => {
      try {
        return checkIdentity(await this.#kinesis.services.whoAmI({ signal }), clock.now());
      } catch (error) {
        // An endpoint of its own need not have everything AWS has.
        if (target.endpoint === undefined || !isMillraceError(error, 'SERVICE_FAILED')) throw error;
        return { check, skipped: `${target.endpoint} has no STS, which knows whose they are`, findings: [] };
      }
    });
  }

  async #stream(stream: DescribedStream): Promise<readonly Examination[]> {
    const { signal } = this.#context;
    const { services } = this.#kinesis;
    const { arn, name } = stream;
    let consumers: readonly FanOutConsumer[] = [];
    const fanOut = await this.#try('fan-out consumers', async () => {
      consumers = await (await services.fanOut()).list(arn, { signal });
      return checkFanOut(name, consumers, await this.#subscribed(name, consumers));
    });
    let found: readonly Mapping[] = [];
    const mappings = await this.#try('event source mappings', async () => {
      found = await mappingsOf(await services.mappings(), stream, consumers, signal);
      return checkMappings(found);
    });
    return [
      checkStream(stream),
      await this.#try('permissions', () => this.#permissions(stream, consumers[0])),
      fanOut,
      await this.#try('alarms', async () => {
        const metrics = await services.metrics();
        const processors =
          found.length === 0 ? [] : await processorsOf(await services.mappings(), found, stream, signal);
        const groups = await groupsOf(metrics, stream, signal);
        const recommended = await recommendedAlarms(stream, { consumers, processors, groups });
        return checkAlarms(name, recommended, await metrics.alarms({ signal }));
      }),
      mappings,
    ];
  }

  async #permissions(
    { arn, name }: DescribedStream,
    consumer: FanOutConsumer | undefined,
  ): Promise<Examination> {
    const { signal } = this.#context;
    const [shard] = openShards(await listShards(this.#kinesis, name, this.#context));
    const { shardId = 'shardId-000000000000' } = shard ?? {};
    const permissions = await this.#kinesis.services.permissions();
    return checkPermissions(
      arn,
      await permissions.ofStream({ arn, name, shardId, consumerArn: consumer?.arn }, { signal }),
    );
  }

  /** Subscriptions of the last hour: each is renewed every five minutes. Undefined when CloudWatch cannot be asked. */
  async #subscribed(
    stream: string,
    consumers: readonly FanOutConsumer[],
  ): Promise<ReadonlyMap<string, number> | undefined> {
    if (consumers.length === 0) return new Map();
    const { clock, signal } = this.#context;
    const now = clock.now();
    try {
      const metrics = await this.#kinesis.services.metrics();
      const counts = await metrics.read(
        consumers.map(({ name: ConsumerName }) => ({
          namespace: 'AWS/Kinesis',
          name: 'SubscribeToShard.Success',
          dimensions: { StreamName: stream, ConsumerName },
          statistic: 'SampleCount' as const,
        })),
        { from: now - hourMs, to: now + 60_000, periodSeconds: 300 },
        { signal },
      );
      return new Map(
        consumers.map(({ name }, index) => [
          name,
          (counts[index] ?? []).reduce((sum, { value }) => sum + value, 0),
        ]),
      );
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      return undefined;
    }
  }

  async #http2(): Promise<Examination> {
    const { target, clock } = this.#context;
    const endpoint =
      target.endpoint ??
      (target.region === undefined ? undefined : `https://kinesis.${target.region}.amazonaws.com`);
    if (endpoint === undefined)
      return { check: 'HTTP/2', skipped: 'the region is known to the SDK alone', findings: [] };
    const reason = await whyNoHttp2(endpoint, clock, http2TimeoutMs);
    if (reason === undefined) return { check: 'HTTP/2', seen: endpoint, findings: [] };
    return {
      check: 'HTTP/2',
      findings: [
        {
          id: 'no-http2',
          severity: 'error',
          what: `${endpoint} does not speak HTTP/2, as the AWS SDK for JavaScript does to Kinesis: ${reason}`,
          fix: 'Take the proxy or the emulator between out of the way, or update it.',
        },
      ],
    };
  }

  /** What cannot be examined is said, and keeps nothing else from being examined. */
  async #try(check: string, examine: () => Promise<Examination>): Promise<Examination> {
    try {
      return await examine();
    } catch (error) {
      if (!isMillraceError(error) || this.#context.signal.aborted) throw error;
      return this.#unexamined(check, error);
    }
  }

  #unexamined(check: string, error: MillraceError): Examination {
    if (error.code === 'CREDENTIALS_INVALID') {
      const what = whatHappened(error);
      return { check, findings: [{ id: 'credentials-invalid', severity: 'error', what, fix: error.advice }] };
    }
    if (error.code !== 'ACCESS_DENIED') return { check, skipped: whatHappened(error), findings: [] };
    return {
      check,
      findings: [
        { id: 'not-allowed-to-look', severity: 'info', what: whatHappened(error), fix: error.advice },
      ],
    };
  }
}

const colours: Readonly<Record<string, Colour>> = { error: 'red', warning: 'yellow', info: 'dim' };

async function tell(context: CommandContext, examinations: readonly Examination[]): Promise<void> {
  const { out, colour } = context;
  const paint = createPaint(colour);
  if (documentFormat(context) !== 'table') {
    await out.line(JSON.stringify({ examinations }));
    return;
  }
  for (const { check, seen, skipped, findings } of examinations) {
    const told = skipped === undefined ? visible(seen ?? '') : `not examined: ${visible(skipped)}`;
    await out.write(`${paint('bold', check.padEnd(22))} ${told}`.trimEnd() + '\n');
    for (const { severity, what, fix } of findings) {
      await out.write(
        `  ${paint(colours[severity] ?? 'dim', severity)}: ${visible(what)}\n    ${visible(fix)}\n`,
      );
    }
  }
}
