import { isMillraceError, MillraceError } from '@millrace/kinesis';

import type { FanOutAdmin, FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { waitForConsumer } from '../groups/consumer-wait.ts';
import { withKinesis } from '../with-kinesis.ts';
import { noConsumer, writeConsumer } from './consumers-describe.ts';

/** `millrace consumers register`. */
export function consumersRegister(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async ({ admin, services }) => {
    const { options, signal } = context;
    const [stream = '', name = ''] = context.args;
    const { arn: streamArn } = await admin.describe(stream, { signal });
    const fanOut = await services.fanOut();
    const there = options.flag('if-not-exists') ? await fanOut.find(streamArn, name, { signal }) : undefined;
    const made = there ?? (await register(context, fanOut, streamArn));
    const ready = options.flag('no-wait')
      ? made
      : await waitForConsumer(context, fanOut, { streamArn, name }, (seen) => seen?.status === 'ACTIVE');
    if (ready === undefined) throw noConsumer(stream, name);
    await writeConsumer(context, stream, ready);
    return exitCode.ok;
  });
}

async function register(
  { args, signal }: CommandContext,
  fanOut: FanOutAdmin,
  streamArn: string,
): Promise<FanOutConsumer> {
  const [stream = '', name = ''] = args;
  try {
    return await fanOut.register(streamArn, name, { signal });
  } catch (error) {
    if (!isMillraceError(error) || error.details.service !== 'ResourceInUseException') throw error;
    throw new MillraceError('SERVICE_FAILED', `Stream ${stream} has a fan-out consumer ${name} already.`, {
      advice: 'Choose another name, or pass --if-not-exists to take the one there is.',
      stream,
      service: 'ResourceInUseException',
      cause: error,
    });
  }
}
