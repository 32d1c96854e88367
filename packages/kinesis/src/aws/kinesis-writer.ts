import type { RecordWriter, WriteOutcome } from '../producer/record-writer.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { toMillraceError } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';
import type { DirectCalls, Unsettled } from './direct-calls.ts';
import { readPutRecords, toOutcome } from './put-records-answer.ts';
import { encodePutRecords } from './put-records-body.ts';
import { PutRecordsCall } from './put-records-call.ts';

/**
 * Writes with PutRecords: every call through `client`, or, with `direct` for the same client, the first, and whatever is not
 * a plain success.
 */
export function createKinesisWriter(client: KinesisSender, direct?: DirectCalls): RecordWriter {
  return {
    async write(stream, entries, { signal }) {
      const body = encodePutRecords(stream, entries);
      try {
        const sent = await direct?.send(body, signal);
        if (Buffer.isBuffer(sent)) return readPutRecords(sent, stream);
        return await throughSdk(client, { stream, entries, body, sent, direct, signal });
      } catch (error) {
        throw toMillraceError(error, { operation: 'PutRecords', stream });
      }
    },
  };
}

interface SdkCall {
  readonly stream: string;
  readonly entries: readonly OutgoingRecord[];
  readonly body: Buffer;
  /** What came of it already, for the SDK to make an error of. */
  readonly sent: Unsettled | undefined;
  readonly direct: DirectCalls | undefined;
  readonly signal: AbortSignal | undefined;
}

async function throughSdk(client: KinesisSender, given: SdkCall): Promise<readonly WriteOutcome[]> {
  const { stream, entries, body, sent, direct, signal } = given;
  const call = new PutRecordsCall(stream, entries, body);
  direct?.join(call.command, sent);
  const output = await client.send(call.command, { ...(signal && { abortSignal: signal }) });
  return call.answer === undefined
    ? (output.Records ?? []).map(toOutcome)
    : readPutRecords(call.answer, stream);
}
