import { MillraceError } from '@millrace/kinesis/errors';

/** The error for a file that is not as it was left. */
export function damaged(file: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('DATA_DAMAGED', `${file} is damaged: ${what}.`, {
    advice:
      'Nothing was changed. Put the file back from a copy, or start with the option repair (--repair) to keep all that ' +
      'can be read; the damaged file stays beside it with the ending .damaged.',
    path: 'path',
    got: file,
    ...(cause === undefined ? {} : { cause }),
  });
}
