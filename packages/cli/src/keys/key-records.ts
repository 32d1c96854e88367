import { stat } from 'node:fs/promises';

import { isMillraceError } from '@millrace/kinesis';
import { parseRange } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';
import { parentsOf } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import type { Kinesis } from '../aws/kinesis.ts';
import { openInput, readLines } from '../put/input.ts';
import { readPace, tellPace } from '../read/pace.ts';
import { scanStream } from '../read/stream-scan.ts';
import { unpack } from '../read/unpack.ts';
import { isRecordLine, parseRecordLine, toText } from '../record/record-line.ts';
import { listShards } from '../shards/list-shards.ts';
import { ArrivalOrder } from './arrival-order.ts';

/** A record as far as its key is concerned. */
export interface KeyRecord {
  /** Undefined for a line that is no record yet. */
  readonly partitionKey: string | undefined;
  readonly bytes: number;
  /** Its JSON, when it is JSON. */
  readonly value: unknown;
}

/** Called with each record; false to stop. */
export type OnKeyRecord = (record: KeyRecord) => boolean;

/** Whether a source is a file and not a stream: `-`, a path, or something that is there. */
export async function isFile(source: string): Promise<boolean> {
  // No stream has a slash in its name.
  if (source === '-' || source.includes('/')) return true;
  return stat(source).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The lines of a file: records as tail writes them, or values. Throws `DATA_MISSING`. */
export async function readFileRecords(
  { io, signal }: CommandContext,
  source: string,
  onRecord: OnKeyRecord,
): Promise<void> {
  const input = await openInput(source === '-' ? source : `@${source}`, io);
  try {
    for await (const lines of readLines(input, signal)) {
      for (const { bytes } of lines) {
        const text = toText(bytes) ?? '';
        if (
          !onRecord(
            isRecordLine(text)
              ? fromRecordLine(text)
              : { partitionKey: undefined, bytes: bytes.length, value: parse(text) },
          )
        )
          return;
      }
    }
  } finally {
    await input.close();
  }
}

/** The records of a stream in a range, aggregates opened. */
export async function readStreamRecords(
  kinesis: Kinesis,
  context: CommandContext,
  onRecord: OnKeyRecord,
): Promise<void> {
  const { options, clock, args } = context;
  const [stream = ''] = args;
  const { from, to } = parseRange(options.text('range'), clock.now(), '--range');
  if (from.type === 'at' || from.type === 'after' || to.type !== 'time') {
    throw optionError('--range', options.text('range'), 'times');
  }
  const pollMs = readPace(context);
  const shards = await listShards(kinesis, stream, context);
  tellPace(context, stream, shards.length, pollMs);
  const enough = new AbortController();
  const listed = new Set(shards.map(({ shardId }) => shardId));
  const first = shards.filter((shard) => !parentsOf(shard).some((parent) => listed.has(parent)));
  const order = new ArrivalOrder(
    first.map(({ shardId }) => shardId),
    ({ partitionKey, bytes }) => {
      const value = parse(toText(unpack(bytes)) ?? '');
      if (onRecord({ partitionKey, bytes: bytes.length, value })) return;
      order.stop();
      enough.abort();
    },
  );
  const signal = AbortSignal.any([context.signal, enough.signal]);
  signal.addEventListener('abort', () => order.stop(), { once: true });
  await scanStream(
    {
      stream,
      reader: kinesis.connection.reader,
      clock,
      from,
      until: to,
      pollMs,
      exitAtEnd: true,
      onDone: (shardId) => order.end(shardId),
    },
    (records, { shardId }) => order.take(shardId, records),
    signal,
  );
}

function fromRecordLine(text: string): KeyRecord {
  try {
    const { partitionKey, data } = parseRecordLine(text);
    return { partitionKey, bytes: data.length, value: parse(toText(data) ?? '') };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { partitionKey: undefined, bytes: text.length, value: undefined };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
