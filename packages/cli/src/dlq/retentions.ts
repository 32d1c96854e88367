import { isMillraceError } from '@millrace/kinesis';

import type { Kinesis } from '../aws/kinesis.ts';

/** How long each stream keeps its records, milliseconds; undefined for one that is gone. Each is asked once. */
export function createRetentions(
  kinesis: () => Promise<Kinesis>,
  signal: AbortSignal,
): (stream: string) => Promise<number | undefined> {
  const known = new Map<string, Promise<number | undefined>>();
  const ask = async (stream: string): Promise<number | undefined> => {
    try {
      return (await (await kinesis()).admin.describe(stream, { signal })).retentionHours * 3_600_000;
    } catch (error) {
      if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
      throw error;
    }
  };
  return (stream) => {
    const retention = known.get(stream) ?? ask(stream);
    known.set(stream, retention);
    return retention;
  };
}
