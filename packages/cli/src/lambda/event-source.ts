import { readFile } from 'node:fs/promises';

import { MillraceError } from '@millrace/kinesis';
import type { StreamRecord } from '@millrace/kinesis/record';
import type { EventRecord } from '@millrace/kinesis/testing';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import { openInput, readLines } from '../put/input.ts';
import { lastRecords } from '../read/last-records.ts';
import { keyTemplate } from '../record/key-template.ts';
import { isRecordLine, parseRecordLine } from '../record/record-line.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { readPace } from '../read/pace.ts';

/** What an event is made of: records of one shard. */
export interface EventSource {
  readonly records: readonly EventRecord[];
  readonly shardId: string | undefined;
  readonly eventSourceArn: string | undefined;
}

/** Each file as one record, each line of `lines` as one; lines that `millrace tail` wrote keep their keys. */
export async function recordsOfFiles(context: CommandContext): Promise<readonly EventRecord[]> {
  const { options, clock, io, signal } = context;
  const arrivedAt = new Date(clock.now());
  const template = keyTemplate(options.text('key'), clock);
  const plain = (bytes: Uint8Array, path: string): EventRecord => {
    const value: unknown = template.looksInside ? parseJson(bytes, path) : undefined;
    return { data: bytes, partitionKey: template.keyOf(value), arrivedAt };
  };
  const records: EventRecord[] = [];
  for (const path of options.list('file')) records.push(plain(await readFileOf(path), path));
  const lines = options.textOrNone('lines');
  if (lines === undefined) return records;
  const input = await openInput(lines === '-' ? '-' : `@${lines}`, io);
  try {
    for await (const some of readLines(input, signal)) {
      for (const { bytes } of some) {
        const text = Buffer.from(bytes).toString('utf8');
        if (!isRecordLine(text)) records.push(plain(bytes, lines));
        else {
          const { partitionKey, data } = parseRecordLine(text);
          records.push({ partitionKey, data, arrivedAt });
        }
      }
    }
  } finally {
    await input.close();
  }
  return records;
}

/** The last records of one shard as they are stored, aggregates closed: of the shard named, or the one written last. */
export async function lastOfStream(
  kinesis: Kinesis,
  context: CommandContext,
  stream: string,
  count: number,
): Promise<EventSource> {
  const { options, clock, signal } = context;
  const { reader } = kinesis.connection;
  const shards = await listShards(kinesis, stream, context);
  const { retentionHours } = await kinesis.admin.describe(stream, { signal });
  const { arn } = await reader.describeStream(stream, { signal });
  const last = (howMany: number, shardIds: readonly string[]): Promise<readonly StreamRecord[]> =>
    lastRecords(
      {
        stream,
        reader,
        clock,
        count: howMany,
        wanted: () => true,
        before: clock.now() + 1,
        furthestMs: retentionHours * 3_600_000,
        only: shards.filter(({ shardId }) => shardIds.includes(shardId)),
        pollMs: readPace(context),
        asStored: true,
      },
      signal,
    );
  const named = options.textOrNone('shard');
  const all = shards.map(({ shardId }) => shardId);
  const shardId =
    named === undefined ? (await last(1, all)).at(-1)?.shardId : findShard(stream, shards, named).shardId;
  const records = shardId === undefined ? [] : await last(count, [shardId]);
  return {
    shardId,
    eventSourceArn: arn,
    records: records.map(({ partitionKey, sequenceNumber, arrivedAt, bytes }) => ({
      partitionKey,
      sequenceNumber,
      arrivedAt,
      data: bytes,
    })),
  };
}

async function readFileOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MillraceError('DATA_MISSING', `The file ${path} cannot be read.`, {
      advice: 'Check the name, and the directory it is run in.',
      path: '--file',
      got: path,
      cause,
    });
  }
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new MillraceError('RECORD_INVALID', `${path} is not JSON, and --key looks inside.`, {
      advice: 'Give a key that does not look inside: --key ada.',
      path: '--key',
      cause,
    });
  }
}
