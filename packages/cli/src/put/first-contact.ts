import { isMillraceError, MillraceError } from '@millrace/kinesis';
import type { RecordWriter } from '@millrace/kinesis/producer';

import { whatHappened } from '../errors/report-error.ts';

/**
 * A writer that does not wait for an endpoint that never answered: nothing listens there, or the name is wrong. The
 * producer would go on trying until the deadline of each record; a person at a prompt wants to know now. Once it has
 * answered, failures are retried as ever.
 */
export function failFast(writer: RecordWriter): RecordWriter {
  let contacted = false;
  return {
    async write(stream, entries, options) {
      try {
        const outcomes = await writer.write(stream, entries, options);
        contacted = true;
        return outcomes;
      } catch (error) {
        if (contacted || !isMillraceError(error, 'ENDPOINT_UNREACHABLE') || !isRefused(error)) throw error;
        throw new MillraceError('ENDPOINT_UNREACHABLE', whatHappened(error), {
          ...error.details,
          advice: error.advice,
          cause: error,
        });
      }
    },
  };
}

/** Nobody there at all, as opposed to a connection that broke. */
function isRefused(error: unknown): boolean {
  for (let seen: unknown = error; seen instanceof Error; seen = seen.cause) {
    const code: unknown = Reflect.get(seen, 'code');
    if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return true;
    if (seen instanceof AggregateError) return seen.errors.some(isRefused);
  }
  return false;
}
