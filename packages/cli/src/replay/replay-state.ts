import { readFile, rename, unlink, writeFile } from 'node:fs/promises';

import { MillraceError } from '@millrace/kinesis';
import { isSequenceNumber, type PositionRange } from '@millrace/kinesis/record';
import { memberOf } from '@millrace/kinesis/runtime';

import type { Place } from '../read/place.ts';

/** What a replay is: a state of one cannot go on as another. */
export interface ReplayIdentity {
  readonly stream: string;
  readonly into: string;
  /** As it was typed: the places it stood for then are in the state. */
  readonly range: string;
  /** What chose the records; empty: all. */
  readonly filter: string;
}

/** How far a replay got. Kept in a file, so that it can go on after Ctrl-C, a crash or a lost network. */
export interface ReplayState extends ReplayIdentity {
  readonly v: 1;
  /** The range with its times fixed when the replay began. */
  readonly span: PositionRange;
  /** By shard: the last record that is safe, or that there is nothing more. */
  readonly shards: Readonly<Record<string, Place | 'done'>>;
  readonly records: number;
  /** Of their values; absent in a state of an older version. */
  readonly bytes?: number;
  /** With a file: how much of it is safe. */
  readonly fileBytes?: number;
}

/** The state of an earlier run, undefined when there is none. Throws `DATA_DAMAGED`, and `OPTION_INVALID` for that of another replay. */
export async function readReplayState(
  path: string,
  wanted: ReplayIdentity,
): Promise<ReplayState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (memberOf(error, 'code') === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  const state = parseState(path, text);
  for (const name of ['stream', 'into', 'range', 'filter'] as const) {
    if (state[name] === wanted[name]) continue;
    throw new MillraceError(
      'OPTION_INVALID',
      `${path} is the state of another replay: its ${name} is ${state[name] || 'none'}.`,
      {
        advice: 'Run that one again to go on with it, name another --state, or remove the file.',
        path: '--state',
        got: path,
      },
    );
  }
  return state;
}

/** Written beside and moved into place: whenever it is cut off, one of the two is whole. */
export async function writeReplayState(path: string, state: ReplayState): Promise<void> {
  const beside = `${path}.new`;
  await writeFile(beside, `${JSON.stringify(state)}\n`, { flush: true });
  await rename(beside, path);
}

/** The replay is done. */
export async function removeReplayState(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (memberOf(error, 'code') !== 'ENOENT') throw error;
  }
}

function parseState(path: string, text: string): ReplayState {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!isState(parsed)) throw unreadable(path, undefined);
  return parsed;
}

function isState(value: unknown): value is ReplayState {
  const texts = ['stream', 'into', 'range', 'filter'].every(
    (name) => typeof memberOf(value, name) === 'string',
  );
  const span = memberOf(value, 'span');
  const shards = memberOf(value, 'shards');
  return (
    texts &&
    memberOf(value, 'v') === 1 &&
    isPosition(memberOf(span, 'from')) &&
    isPosition(memberOf(span, 'to')) &&
    typeof shards === 'object' &&
    shards !== null &&
    Object.values(shards).every(isPlace) &&
    isCount(memberOf(value, 'records')) &&
    (memberOf(value, 'bytes') === undefined || isCount(memberOf(value, 'bytes'))) &&
    (memberOf(value, 'fileBytes') === undefined || isCount(memberOf(value, 'fileBytes')))
  );
}

function isPosition(value: unknown): boolean {
  const type = memberOf(value, 'type');
  if (type === 'oldest') return true;
  if (type === 'time') return typeof memberOf(value, 'at') === 'number';
  return (type === 'at' || type === 'after') && isNumberOfRecord(memberOf(value, 'sequenceNumber'));
}

function isPlace(value: unknown): boolean {
  return (
    value === 'done' ||
    (isNumberOfRecord(memberOf(value, 'sequenceNumber')) && isCount(memberOf(value, 'subSequenceNumber')))
  );
}

function isNumberOfRecord(value: unknown): boolean {
  return typeof value === 'string' && isSequenceNumber(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function unreadable(path: string, cause: unknown): MillraceError {
  return new MillraceError('DATA_DAMAGED', `${path} is not the state of a replay.`, {
    advice: 'Remove it to begin anew, or name another with --state.',
    path,
    cause,
  });
}
