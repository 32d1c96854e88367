import type { WriteOutcome } from '../producer/record-writer.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import { hasRecords, readAnswer } from './read-answer.ts';

/** What became of one entry, as the answer to PutRecords has it. Failed entries may carry the members of good ones as nulls. */
export interface ResultEntry {
  readonly SequenceNumber?: string | null | undefined;
  readonly ShardId?: string | null | undefined;
  readonly ErrorCode?: string | null | undefined;
  readonly ErrorMessage?: string | null | undefined;
}

/** The body of an answer to PutRecords in AWS JSON 1.1; throws a `SERVICE_FAILED` to retry when it is none. */
export function readPutRecords(body: Buffer, stream: string): readonly WriteOutcome[] {
  return readAnswer(body.toString(), {
    to: `PutRecords on ${stream}`,
    as: (answer) => (isAnswer(answer) ? answer.Records.map(toOutcome) : undefined),
    advice: 'Call again after a back-off; the records may have been stored all the same.',
    stream,
  });
}

export function toOutcome({ SequenceNumber, ShardId, ErrorCode, ErrorMessage }: ResultEntry): WriteOutcome {
  if (typeof SequenceNumber === 'string' && typeof ShardId === 'string') {
    return { ok: true, shardId: ShardId, sequenceNumber: toSequenceNumber(SequenceNumber) };
  }
  return { ok: false, code: ErrorCode ?? 'InternalFailure', message: ErrorMessage ?? 'no reason was given' };
}

function isAnswer(answer: unknown): answer is { readonly Records: readonly ResultEntry[] } {
  return hasRecords(answer);
}
