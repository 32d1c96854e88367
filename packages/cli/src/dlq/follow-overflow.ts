import { decodeLostRecord, isMillraceError, type MillraceError } from '@millrace/kinesis';

import type { Buckets } from '../aws/buckets.ts';
import { whatHappened } from '../errors/report-error.ts';
import type { LetterBox } from './letter-box.ts';
import type { Letter } from './letter.ts';

/** Fetches the record a letter points to: from beside the letter, or from S3. Other letters are passed through. */
export async function followOverflow(
  letter: Letter,
  box: LetterBox,
  buckets: () => Promise<Buckets>,
  signal: AbortSignal,
): Promise<Letter> {
  if (letter.kind !== 'unreadable' || letter.overflow === undefined) return letter;
  const { overflow } = letter;
  const { bucket, key } = overflow;
  try {
    const text =
      (await box.objectBeside?.(overflow)) ?? (await (await buckets()).text(bucket, key, { signal }));
    return { kind: 'record', document: decodeLostRecord(text), overflow };
  } catch (error) {
    if (!isMillraceError(error) || error.code === 'ABORTED') throw error;
    return { ...letter, problem: `s3://${bucket}/${key}, where its record lies: ${reasonOf(error)}` };
  }
}

function reasonOf(error: MillraceError): string {
  return error.details.service === 'NoSuchKey' ? 'there is no such object' : whatHappened(error);
}
