import { MillraceError } from '@millrace/kinesis';
import { sleep } from '@millrace/kinesis/runtime';

import type { FanOutAdmin, FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { CommandContext } from '../command-context.ts';

/** Waits until `done` holds for a consumer (undefined: it is gone). Throws `TIMED_OUT` after `--timeout`. */
export async function waitForConsumer(
  { clock, signal, options }: CommandContext,
  admin: FanOutAdmin,
  { streamArn, name }: { readonly streamArn: string; readonly name: string },
  done: (consumer: FanOutConsumer | undefined) => boolean,
): Promise<FanOutConsumer | undefined> {
  const timeoutMs = options.number('timeout');
  const startedAt = clock.monotonic();
  for (let pauseMs = 50; ; pauseMs = Math.min(2000, pauseMs * 2)) {
    const consumer = await admin.find(streamArn, name, { signal });
    if (done(consumer)) return consumer;
    if (clock.monotonic() - startedAt + pauseMs > timeoutMs) {
      throw new MillraceError(
        'TIMED_OUT',
        `Consumer ${name} is still ${consumer?.status ?? 'unknown'} after ${timeoutMs / 1000} s.`,
        { advice: 'It goes on by itself; look with: millrace consumers ls', retryable: true },
      );
    }
    await sleep(clock, pauseMs, signal);
  }
}
