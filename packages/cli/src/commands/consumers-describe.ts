import { MillraceError } from '@millrace/kinesis';

import type { FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeOne } from '../io/document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace consumers describe`. */
export function consumersDescribe(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async ({ admin, services }) => {
    const { signal } = context;
    const [stream = '', name = ''] = context.args;
    const { arn } = await admin.describe(stream, { signal });
    const consumer = await (await services.fanOut()).find(arn, name, { signal });
    if (consumer === undefined) throw noConsumer(stream, name);
    await writeConsumer(context, stream, consumer);
    return exitCode.ok;
  });
}

export function writeConsumer(
  context: CommandContext,
  stream: string,
  consumer: FanOutConsumer,
): Promise<void> {
  const { name, status, arn, createdAt } = consumer;
  return writeOne(context, { stream, ...consumer }, [
    ['name', name],
    ['stream', stream],
    ['status', status],
    ...(createdAt === undefined ? [] : [['registered', createdAt] as const]),
    ['arn', arn],
  ]);
}

export function noConsumer(stream: string, name: string): MillraceError {
  return new MillraceError('DATA_MISSING', `Stream ${stream} has no fan-out consumer ${name}.`, {
    advice: `See those it has with: millrace consumers ls ${stream}`,
    stream,
  });
}
