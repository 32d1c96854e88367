import { resolve } from 'node:path';

import type { Connection } from '@millrace/kinesis';
import { MillraceError } from '@millrace/kinesis/errors';
import { optionError } from '@millrace/kinesis/runtime';
import { registerStreamConsumer } from '@millrace/kinesis/source';
import { parsePosition } from '@millrace/kinesis/record';
import type { HandlerFile, MappingOptions } from '@millrace/local';

import type { Options } from '../spec/options.ts';

/** `orders`, or `orders:4` for four shards. */
export function streamOf(options: Options): { readonly name: string; readonly shards: number } {
  const text = options.textOrNone('stream') ?? '';
  const [, name = '', digits = '1'] = /^([a-zA-Z0-9_.-]{1,128})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const shards = Number(digits);
  if (name !== '' && shards >= 1 && shards <= 10_000) return { name, shards };
  throw optionError('--stream', options.textOrNone('stream'), 'name or name:shards, with 1 to 10000 shards');
}

/** The settings of the mapping, as AWS names them. `there`: the stream is there already. */
export function mappingOf(options: Options, now: number, there: boolean): MappingOptions {
  const retries = options.numberOrNone('retries');
  const maxAge = options.numberOrNone('max-age');
  const filters = options.list('filter');
  return {
    ...startOf(options, now, there),
    BatchSize: options.number('batch-size'),
    MaximumBatchingWindowInSeconds: seconds(options, 'window'),
    ParallelizationFactor: options.number('parallel'),
    MaximumRetryAttempts: retries ?? -1,
    MaximumRecordAgeInSeconds: maxAge === undefined ? -1 : seconds(options, 'max-age'),
    BisectBatchOnFunctionError: options.flag('bisect'),
    FunctionResponseTypes: options.flag('report-failures') ? ['ReportBatchItemFailures'] : [],
    TumblingWindowInSeconds: seconds(options, 'tumbling'),
    ...(filters.length === 0 ? {} : { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    ...(options.textOrNone('on-failure') === undefined
      ? {}
      : { DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } } }),
  };
}

/** The file, and how it is run. */
export function handlerOf(
  file: string,
  options: Options,
  environment: Readonly<Record<string, string>>,
  typescriptLoader: string,
): HandlerFile {
  const name = options.textOrNone('export');
  return {
    file: resolve(file),
    environment: { ...environment, ...Object.fromEntries(options.list('env').map(parseVariable)) },
    typescriptLoader,
    watch: !options.flag('no-reload'),
    ...(name === undefined ? {} : { export: name }),
    ...inspectOf(options),
  };
}

function inspectOf(options: Options): Pick<HandlerFile, 'inspect'> {
  const wait = options.flag('inspect-wait');
  return wait || options.flag('inspect') ? { inspect: { port: options.number('inspect-port'), wait } } : {};
}

/**
 * What the mapping reads: the stream, or the consumer that was named, with enhanced fan-out. It is `made` in a Kinesis of our
 * own; elsewhere it costs money by the hour, and is for the user to make. Throws `DATA_MISSING`, `OPTION_INVALID`.
 */
export async function sourceOf(
  options: Options,
  { fanOut, reader }: Pick<Connection, 'fanOut' | 'reader'>,
  made: boolean,
): Promise<Pick<MappingOptions, 'EventSourceArn'>> {
  const name = options.textOrNone('consumer');
  if (name === undefined) return {};
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(name) || fanOut === undefined) {
    throw optionError('--consumer', name, '1 to 128 letters, digits, dots, hyphens and underscores');
  }
  const { name: stream } = streamOf(options);
  if (made)
    return { EventSourceArn: (await registerStreamConsumer({ fanOut, reader }, { stream, name })).arn };
  const found = await fanOut.describeConsumer((await reader.describeStream(stream)).arn, name);
  if (found !== undefined) return { EventSourceArn: found.arn };
  throw new MillraceError('DATA_MISSING', `${stream} has no consumer ${name}.`, {
    advice: `Register it, which costs by the hour on AWS: millrace consumers register ${stream} ${name}`,
    path: '--consumer',
    got: name,
  });
}

function startOf(options: Options, now: number, there: boolean): MappingOptions {
  const position = parsePosition(options.textOrNone('from') ?? (there ? 'now' : 'oldest'), now, '--from');
  if (position.type === 'oldest') return { StartingPosition: 'TRIM_HORIZON' };
  if (position.type === 'now') return { StartingPosition: 'LATEST' };
  if (position.type === 'time') {
    return { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: position.at / 1000 };
  }
  throw optionError(
    '--from',
    options.textOrNone('from'),
    'oldest, now, -15m or a time: a mapping begins at no sequence number',
  );
}

function seconds(options: Options, name: string): number {
  const milliseconds = options.number(name);
  if (milliseconds % 1000 === 0) return milliseconds / 1000;
  throw optionError(`--${name}`, `${milliseconds}ms`, 'whole seconds, as AWS takes them');
}

function parseVariable(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw optionError('--env', text, 'NAME=value');
}
