import { invalidArgument, ServiceError } from './service-error.ts';
import { limits } from './limits.ts';

/** A place in a shard that a client carries around. */
export interface ShardIterator {
  readonly stream: string;
  /** Tells a stream from an earlier one of the same name. Milliseconds since the epoch. */
  readonly streamCreatedAt: number;
  readonly shardIndex: number;
  /** Index of the next record to read. */
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** At most 320 characters of base64, beginning like the service's own. */
export function encodeIterator(iterator: ShardIterator): string {
  const body = [
    iterator.stream,
    iterator.streamCreatedAt,
    iterator.shardIndex,
    iterator.index,
    iterator.issuedAt,
  ].join('/');
  return btoa(`${header}${checksum(body)}/${body}`);
}

/** Throws `InvalidArgumentException` for a text that is no iterator, `ExpiredIteratorException` after five minutes. */
export function decodeIterator(text: string, now: number): ShardIterator {
  const iterator = parse(text);
  if (iterator === undefined) throw invalidArgument('Invalid ShardIterator.');
  if (now - iterator.issuedAt > limits.iteratorLifeMs) {
    throw new ServiceError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${javaDate(iterator.issuedAt)} while right now it is ` +
        `${javaDate(now)} which is further in the future than the tolerated delay of 300000 milliseconds.`,
    );
  }
  return iterator;
}

/** Eight bytes, the last one 1. */
const header = '\0\0\0\0\0\0\0\u0001';

function parse(text: string): ShardIterator | undefined {
  const content = decodeBase64(text);
  if (content?.startsWith(header) !== true) return undefined;
  const [sum = '', ...rest] = content.slice(header.length).split('/');
  const [stream = '', streamCreatedAt = '', shardIndex = '', index = '', issuedAt = ''] = rest;
  if (rest.length !== 5 || checksum(rest.join('/')) !== sum) return undefined;
  return {
    stream,
    streamCreatedAt: Number(streamCreatedAt),
    shardIndex: Number(shardIndex),
    index: Number(index),
    issuedAt: Number(issuedAt),
  };
}

function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** FNV-1a, against slips of the hand: a text with one letter changed is no iterator. Not against forgery. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** `Thu Jan 01 00:00:00 UTC 2026`, as Java prints a date. */
function javaDate(time: number): string {
  const [weekday = '', day = '', month = '', year = '', clock = ''] = new Date(time).toUTCString().split(' ');
  return `${weekday.replace(',', '')} ${month} ${day} ${clock} UTC ${year}`;
}
