import type { Kinesis } from './aws/kinesis.ts';
import type { CommandContext } from './command-context.ts';

/** Runs `use` with the target opened, and closes it whatever happens. */
export async function withKinesis<T>(
  context: CommandContext,
  use: (kinesis: Kinesis) => Promise<T>,
): Promise<T> {
  const kinesis = await context.openKinesis();
  try {
    return await use(kinesis);
  } finally {
    await kinesis.close();
  }
}
