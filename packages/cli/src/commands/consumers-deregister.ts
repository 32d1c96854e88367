import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { waitForConsumer } from '../groups/consumer-wait.ts';
import { confirm } from '../io/confirm.ts';
import { writeOne } from '../io/document.ts';
import { withKinesis } from '../with-kinesis.ts';
import { noConsumer } from './consumers-describe.ts';

/** `millrace consumers deregister`. */
export async function consumersDeregister(context: CommandContext): Promise<ExitCode> {
  const { options, signal } = context;
  const [stream = '', name = ''] = context.args;
  const dryRun = options.flag('dry-run');
  if (!dryRun) await confirm(context, `Deregister fan-out consumer ${name} of ${stream}`, name);
  return withKinesis(context, async ({ admin, services }) => {
    const { arn: streamArn } = await admin.describe(stream, { signal });
    const fanOut = await services.fanOut();
    const found = await fanOut.find(streamArn, name, { signal });
    if (found === undefined) throw noConsumer(stream, name);
    if (!dryRun) await fanOut.deregister(streamArn, name, { signal });
    const wait = !dryRun && !options.flag('no-wait');
    if (wait) await waitForConsumer(context, fanOut, { streamArn, name }, (seen) => seen === undefined);
    const status = dryRun ? found.status : wait ? 'DELETED' : 'DELETING';
    await writeOne(context, { stream, name, status, ...(dryRun && { dryRun }) }, [
      [dryRun ? 'would deregister' : 'name', name],
      ['status', status],
    ]);
    return exitCode.ok;
  });
}
