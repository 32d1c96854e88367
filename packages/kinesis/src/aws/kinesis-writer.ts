import { PutRecordsCommand, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';

import type { RecordWriter, WriteOutcome } from '../producer/record-writer.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import { toMillraceError } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';

/** Writes with PutRecords. */
export function createKinesisWriter(client: KinesisSender): RecordWriter {
  return {
    async write(stream, entries, { signal }) {
      const command = new PutRecordsCommand({
        StreamName: stream,
        Records: entries.map(({ partitionKey, explicitHashKey, data }) => ({
          PartitionKey: partitionKey,
          Data: data,
          ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
        })),
      });
      try {
        const answer = await client.send(command, { ...(signal && { abortSignal: signal }) });
        return (answer.Records ?? []).map(toOutcome);
      } catch (error) {
        throw toMillraceError(error, { operation: 'PutRecords', stream });
      }
    },
  };
}

function toOutcome(entry: PutRecordsResultEntry): WriteOutcome {
  const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = entry;
  if (SequenceNumber !== undefined && ShardId !== undefined) {
    return { ok: true, shardId: ShardId, sequenceNumber: toSequenceNumber(SequenceNumber) };
  }
  return { ok: false, code: ErrorCode ?? 'InternalFailure', message: ErrorMessage ?? 'no reason was given' };
}
