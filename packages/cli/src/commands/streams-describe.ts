import type { DescribedStream } from '../aws/stream-admin.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeOne } from '../io/document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace streams describe`. */
export function streamsDescribe(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async ({ admin }) => {
    const [stream = ''] = context.args;
    await writeStream(context, await admin.describe(stream, { signal: context.signal }));
    return exitCode.ok;
  });
}

export function writeStream(context: CommandContext, stream: DescribedStream): Promise<void> {
  const { maxRecordKiB, consumers, createdAt } = stream;
  return writeOne(context, stream, [
    ['name', stream.name],
    ['status', stream.status],
    ['mode', stream.mode],
    ['open shards', String(stream.openShards)],
    ['retention', `${stream.retentionHours} h`],
    ...(maxRecordKiB === undefined ? [] : [['largest record', `${maxRecordKiB} KiB`] as const]),
    ['encryption', stream.encryption],
    ...(consumers === undefined ? [] : [['fan-out consumers', String(consumers)] as const]),
    ...(createdAt === undefined ? [] : [['created', createdAt] as const]),
    ['arn', stream.arn],
  ]);
}
