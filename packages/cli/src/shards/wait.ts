import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { sleep } from '@millrace/kinesis/runtime';

import type { DescribedStream, StreamAdmin } from '../aws/stream-admin.ts';
import type { CommandContext } from '../command-context.ts';

/**
 * Waits until the stream is ACTIVE and answers its description. Throws `TIMED_OUT` after `--timeout`, and whatever
 * describing it fails with.
 */
export async function waitUntilActive(
  admin: StreamAdmin,
  stream: string,
  context: CommandContext,
): Promise<DescribedStream> {
  const found = await poll(admin, stream, context, (seen) => seen?.status === 'ACTIVE');
  if (found !== undefined) return found;
  throw new MillraceError('STREAM_NOT_FOUND', `Stream ${stream} is gone.`, {
    advice: 'Somebody deleted it meanwhile; create it again if it is needed.',
    stream,
  });
}

/** Waits until the stream is gone. */
export async function waitUntilGone(
  admin: StreamAdmin,
  stream: string,
  context: CommandContext,
): Promise<void> {
  await poll(admin, stream, context, (seen) => seen === undefined);
}

async function poll(
  admin: StreamAdmin,
  stream: string,
  { clock, signal, options }: CommandContext,
  done: (seen: DescribedStream | undefined) => boolean,
): Promise<DescribedStream | undefined> {
  const timeoutMs = options.number('timeout');
  const startedAt = clock.monotonic();
  // Quick at first for a server on this machine; a real stream takes half a minute, and describing it has a quota.
  for (let pauseMs = 50; ; pauseMs = Math.min(2000, pauseMs * 2)) {
    const seen = await look(admin, stream, signal);
    if (seen !== 'throttled' && done(seen)) return seen;
    const status = typeof seen === 'object' ? seen.status : 'not known';
    if (clock.monotonic() - startedAt + pauseMs > timeoutMs) throw timeoutError(stream, status, timeoutMs);
    await sleep(clock, pauseMs, signal);
  }
}

async function look(
  admin: StreamAdmin,
  stream: string,
  signal: AbortSignal,
): Promise<DescribedStream | undefined | 'throttled'> {
  try {
    return await admin.describe(stream, { signal });
  } catch (error) {
    if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
    if (isMillraceError(error, 'THROTTLED')) return 'throttled';
    throw error;
  }
}

function timeoutError(stream: string, status: string, timeoutMs: number): MillraceError {
  return new MillraceError('TIMED_OUT', `Stream ${stream} is still ${status} after ${timeoutMs / 1000} s.`, {
    advice: `It goes on by itself; look with: millrace streams describe ${stream}`,
    retryable: true,
    stream,
  });
}
