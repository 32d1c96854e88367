import { optionError } from '@millrace/kinesis/runtime';
import { kinesisEvent } from '@millrace/kinesis/testing';
import { stateOf, type RetryRecord } from '@millrace/local/event-source';
import { launchOf } from '@millrace/local/functions';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { handlerFile } from '../lambda/invoke-settings.ts';
import { invokeOnce } from '../lambda/invoke-once.ts';
import { planRetries } from '../lambda/retry-plan.ts';
import { visible } from '../io/visible.ts';
import type { Destination } from '../replay/destination.ts';
import { checkFileDestination, createFileDestination } from '../replay/file-destination.ts';
import { createStreamDestination } from '../replay/stream-destination.ts';
import type { LetterRecords } from './letter-records.ts';

/** Where letters are redriven to. */
export interface RedriveTarget {
  /** Resolves when all records of the letter are there; to the reason when they are not. */
  send(letter: LetterRecords): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What `--into` names. */
export type TargetName =
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'handler'; readonly file: string };

/** `stream:orders`, `file:orders.ndjson` or `handler:handler.ts`. Throws `OPTION_INVALID`. */
export function parseTarget(text: string | undefined): TargetName {
  const [, kind, rest = ''] = /^(stream|file|handler):(.+)$/su.exec(text ?? '') ?? [];
  if (kind === 'stream' && /^[a-zA-Z0-9_.-]{1,128}$/.test(rest)) return { kind, stream: rest };
  if (kind === 'file') return { kind, path: rest };
  if (kind === 'handler') return { kind, file: rest };
  throw optionError('--into', text, 'stream:<name>, file:<path> or handler:<file>');
}

/** Throws `DATA_MISSING` for a handler there is not, `STREAM_NOT_FOUND` for such a stream, `OPTION_INVALID` for a file there is. */
export async function checkTarget(
  name: TargetName,
  { options, signal }: CommandContext,
  kinesis: () => Promise<Kinesis>,
): Promise<void> {
  if (name.kind === 'stream') {
    await (await kinesis()).connection.reader.describeStream(name.stream, { signal });
  }
  if (name.kind === 'file') await checkFileDestination(name.path);
  if (name.kind === 'handler') launchOf(handlerFile(name.file, options), options.number('memory'));
}

/** Why this cannot go there, if so. */
export function refusalOf(name: TargetName, { records, window }: LetterRecords): string | undefined {
  if (name.kind === 'handler' || window === undefined || records.length > 0) return undefined;
  return 'the end of a tumbling window has no records: redrive it into a handler';
}

export async function openTarget(
  name: TargetName,
  context: CommandContext,
  kinesis: () => Promise<Kinesis>,
): Promise<RedriveTarget> {
  if (name.kind === 'handler') return intoHandler(name.file, context);
  if (name.kind === 'file') {
    return intoDestination(
      await createFileDestination({ path: name.path, pace: undefined, resumeAt: undefined }),
      context,
    );
  }
  const { connection } = await kinesis();
  return intoDestination(
    createStreamDestination({
      stream: name.stream,
      writer: connection.writer,
      clock: context.clock,
      pace: undefined,
      aggregate: false,
      maxRecordBytes: 10 * 1024 * 1024,
    }),
    context,
  );
}

function intoDestination(destination: Destination, { signal }: CommandContext): RedriveTarget {
  return {
    async send({ records, shard }) {
      let safe = 0;
      await destination.write(records, shard, signal, (count) => {
        safe += count;
      });
      await destination.settle(() => undefined);
      return safe === records.length ? undefined : `stopped after ${safe} of ${records.length}`;
    },
    close: () => destination.close(),
  };
}

/** As Lambda would call it, one event for each letter. */
function intoHandler(file: string, context: CommandContext): RedriveTarget {
  return {
    async send(letter) {
      const { stream, streamArn, shard, records, window } = letter;
      const stored =
        letter.stored ??
        records.map((record) => ({ ...record, data: record.bytes, arrivedAt: record.arrivedAt.getTime() }));
      const event = kinesisEvent(
        stored.map(({ sequenceNumber, partitionKey, data, arrivedAt }) => ({
          sequenceNumber,
          partitionKey,
          data,
          arrivedAt: new Date(arrivedAt),
        })),
        { stream, shardId: shard.shardId, ...regionOf(streamArn) },
      );
      const result = await invokeOnce(context, handlerFile(file, context.options), { ...event, ...window });
      if (result.type === 'refused') return result.reason;
      if (result.type === 'error') return result.error.message;
      if (window !== undefined) {
        const state = stateOf(result.response);
        if (state === undefined) return 'the handler answered no state for its window';
        if (!window.isFinalInvokeForWindow) {
          context.notes.warn(
            `the window ${window.window.start} to ${window.window.end} has ended: nobody goes on with the state that was answered, ${visible(JSON.stringify(state))}`,
          );
        }
        if (records.length === 0) return undefined;
      }
      const { done } = planRetries(stored.map(toRetryRecord), result, played, 0);
      const count = done?.records ?? 0;
      return count === stored.length ? undefined : `the handler did ${count} of ${stored.length}`;
    },
    async close() {},
  };
}

/** What its records were read from, in the event too. */
function regionOf(streamArn: string | undefined): {
  readonly eventSourceArn?: string;
  readonly region?: string;
} {
  const region = streamArn?.split(':')[3];
  if (streamArn === undefined || region === undefined) return {};
  return { eventSourceArn: streamArn, region };
}

/** A handler's answer is read: whoever redrives wants to know. */
const played = {
  report: true,
  bisect: false,
  maxRetries: 0,
  maxAgeMs: Number.POSITIVE_INFINITY,
  retentionMs: Number.POSITIVE_INFINITY,
};

function toRetryRecord({ sequenceNumber }: { readonly sequenceNumber: string }): RetryRecord {
  return { sequenceNumber, arrivedAt: 0 };
}
