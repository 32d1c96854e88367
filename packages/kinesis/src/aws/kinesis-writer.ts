import type { PutRecordsResultEntry } from '@aws-sdk/client-kinesis';

import type { RecordWriter, WriteOutcome } from '../producer/record-writer.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import { toMillraceError } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';
import { PutRecordsCall } from './put-records-call.ts';

/** Writes with PutRecords. */
export function createKinesisWriter(client: KinesisSender): RecordWriter {
  return {
    async write(stream, entries, { signal }) {
      const call = new PutRecordsCall(stream, entries);
      try {
        const answer = await client.send(call.command, { ...(signal && { abortSignal: signal }) });
        return (call.results ?? answer.Records ?? []).map(toOutcome);
      } catch (error) {
        throw toMillraceError(error, { operation: 'PutRecords', stream });
      }
    },
  };
}

function toOutcome(entry: PutRecordsResultEntry): WriteOutcome {
  const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = entry;
  // Failed entries may carry the members of good ones as nulls.
  if (typeof SequenceNumber === 'string' && typeof ShardId === 'string') {
    return { ok: true, shardId: ShardId, sequenceNumber: toSequenceNumber(SequenceNumber) };
  }
  return { ok: false, code: ErrorCode ?? 'InternalFailure', message: ErrorMessage ?? 'no reason was given' };
}
