import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeList } from '../io/document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace consumers ls`. */
export function consumersLs(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async ({ admin, services }) => {
    const { signal } = context;
    const [stream = ''] = context.args;
    const { arn } = await admin.describe(stream, { signal });
    const consumers = await (await services.fanOut()).list(arn, { signal });
    await writeList(
      context,
      consumers.map((consumer) => ({ stream, ...consumer })),
      [
        { title: 'NAME', cell: ({ name }) => name },
        { title: 'STATUS', cell: ({ status }) => status },
        { title: 'REGISTERED', cell: ({ createdAt }) => createdAt ?? '' },
        { title: 'ARN', cell: ({ arn: consumerArn }) => consumerArn },
      ],
    );
    return exitCode.ok;
  });
}
