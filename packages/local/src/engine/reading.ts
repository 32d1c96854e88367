import type { Position } from '@millrace/kinesis/record';

import { limits } from './limits.ts';
import type { EngineOptions } from './options.ts';
import { parseSequenceNumber, SequenceCursor } from './sequence-number.ts';
import { invalidArgument, ServiceError } from './service-error.ts';
import type { ShardIterator } from './shard-iterator.ts';
import type { LogRecord } from './shard-log.ts';
import { parseShardId, shardIdOf, type Shard } from './shard.ts';
import { rateExceeded } from './stream-writer.ts';
import type { Stream } from './stream.ts';

/** What reading needs of the engine. */
export interface ReadContext {
  readonly options: EngineOptions;
  readonly now: number;
  find(name: string): Stream | undefined;
}

export interface ReadOptions<T> {
  /** At most so many records, up to 10,000. */
  readonly limit: number;
  /** Given when a consumer with rates of its own reads: at most so many bytes, or one record. */
  readonly fanOutBytes?: number;
  /** `numbers` has the record's sequence number. */
  toRecord(record: LogRecord, numbers: SequenceCursor): T;
}

export interface ReadBatch<T> {
  readonly records: readonly T[];
  /** Bytes of data and partition keys, as the service counts them. */
  readonly bytes: number;
  /** Age of the last record, or of the next one when there is none here. Milliseconds. */
  readonly iteratorAgeMs: number;
  /** Undefined at the end of a closed shard. */
  readonly next: ShardIterator | undefined;
  readonly millisBehindLatest: number;
  /** What the shard became; given at its end. */
  readonly children: readonly Shard[] | undefined;
}

export function openIterator(
  context: ReadContext,
  name: string,
  shardId: string,
  position: () => Position,
  operation: 'GetShardIterator' | 'SubscribeToShard' = 'GetShardIterator',
): ShardIterator {
  const { stream, shard } = locate(context, name, shardId);
  if (context.options.enforceLimits && operation === 'GetShardIterator') {
    const time = context.options.clock.monotonic();
    if (shard.budgets.iterators.left(time) < 1) throw tooFast(context, stream, shard);
    shard.budgets.iterators.take(1, time);
  }
  return {
    stream: name,
    streamCreatedAt: stream.createdAt,
    shardIndex: shard.index,
    index: placeOf(context, stream, shard, { position: position(), operation }),
    issuedAt: context.now,
  };
}

export function readRecords<T>(
  context: ReadContext,
  iterator: ShardIterator,
  options: ReadOptions<T>,
): ReadBatch<T> {
  const shardId = shardIdOf(iterator.shardIndex);
  const { stream, shard } = locate(context, iterator.stream, shardId);
  if (stream.createdAt !== iterator.streamCreatedAt) throw shardNotFound(context, iterator.stream, shardId);
  const { fanOutBytes } = options;
  const maxBytes = fanOutBytes ?? limits.bytesPerGet;
  const shared = context.options.enforceLimits && fanOutBytes === undefined;
  const budgetTime = shared ? context.options.clock.monotonic() : undefined;
  if (budgetTime !== undefined) takeCall(context, stream, shard, budgetTime);
  const { log } = shard;
  log.expire(stream.horizon(context.now));
  const records: T[] = [];
  const limit = Math.min(options.limit, limits.recordsPerGet);
  const numbers = new SequenceCursor(shard.openedSecond, shard.index);
  let bytes = 0;
  let lastArrival: number | undefined;
  const index = log.scan(iterator.index, (record) => {
    if (records.length >= limit) return false;
    if (bytes + record.size > maxBytes && records.length > 0) return false;
    bytes += record.size;
    lastArrival = record.arrivedAt;
    records.push(options.toRecord(record, numbers));
    return true;
  });
  if (budgetTime !== undefined) shard.budgets.readBytes.take(Math.min(bytes, limits.bytesPerGet), budgetTime);
  const atEnd = shard.closedAt !== undefined && index >= log.next;
  // 0 says that there is nothing more: what arrived this very millisecond must not be taken for that.
  const millisBehindLatest = index < log.next ? Math.max(1, context.now - log.arrivalOf(index)) : 0;
  return {
    records,
    bytes,
    iteratorAgeMs: lastArrival === undefined ? millisBehindLatest : Math.max(0, context.now - lastArrival),
    next: atEnd ? undefined : { ...iterator, index, issuedAt: context.now },
    millisBehindLatest,
    children: atEnd ? shard.children : undefined,
  };
}

function locate(context: ReadContext, name: string, shardId: string): { stream: Stream; shard: Shard } {
  const index = parseShardId(shardId);
  if (index === undefined) {
    throw new ServiceError(
      'ResourceNotFoundException',
      `Could not find shard ${shardId} in stream ${name} under account ${context.options.accountId}.`,
    );
  }
  const stream = context.find(name);
  const shard = stream?.shard(index, context.now);
  if (stream === undefined || shard === undefined) throw shardNotFound(context, name, shardIdOf(index));
  return { stream, shard };
}

interface Start {
  readonly position: Position;
  readonly operation: string;
}

function placeOf(context: ReadContext, stream: Stream, shard: Shard, start: Start): number {
  const { log } = shard;
  const { position } = start;
  log.expire(stream.horizon(context.now));
  if (position.type === 'oldest') return log.first;
  if (position.type === 'now') return log.next;
  if (position.type === 'time') return log.seek(position.at);
  const index = indexOf(context, stream, shard, { ...start, sequenceNumber: position.sequenceNumber });
  return position.type === 'at' ? index : Math.min(index + 1, log.next);
}

/** Where a sequence number stands in its shard; the shard's own bounds are before its first and after its last record. */
function indexOf(
  context: ReadContext,
  stream: Stream,
  shard: Shard,
  { sequenceNumber, operation }: { readonly sequenceNumber: string; readonly operation: string },
): number {
  const parts = parseSequenceNumber(sequenceNumber);
  const where =
    `StartingSequenceNumber ${sequenceNumber} used in ${operation} on shard ${shard.id} in stream ` +
    `${stream.name} under account ${context.options.accountId} is invalid`;
  if (parts === undefined) throw invalidArgument(`${where}.`);
  if (parts.shardIndex !== shard.index) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(parts.shardIndex)}, while it was used in a call to a ` +
        `shard with ${shard.id}`,
    );
  }
  if (parts.openedSecond !== shard.openedSecond) {
    throw invalidArgument(`${where} because it did not come from this stream.`);
  }
  return Number(parts.index < BigInt(shard.log.next) ? parts.index : BigInt(shard.log.next));
}

/** A call is refused when five were made this second, or while an earlier answer is not paid off. */
function takeCall(context: ReadContext, stream: Stream, shard: Shard, time: number): void {
  const { readCalls, readBytes } = shard.budgets;
  if (readCalls.left(time) < 1 || readBytes.left(time) <= 0) throw tooFast(context, stream, shard);
  readCalls.take(1, time);
}

function tooFast(context: ReadContext, stream: Stream, shard: Shard): ServiceError {
  return new ServiceError(
    'ProvisionedThroughputExceededException',
    rateExceeded(shard.id, stream.name, context.options.accountId),
  );
}

function shardNotFound(context: ReadContext, name: string, shardId: string): ServiceError {
  return new ServiceError(
    'ResourceNotFoundException',
    `Shard ${shardId} in stream ${name} under account ${context.options.accountId} does not exist`,
  );
}
