import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { optionError } from '@millrace/kinesis/runtime';
import type { HandlerFile } from '@millrace/local/functions';

import type { Options } from '../spec/options.ts';
import type { PlanSettings } from './retry-plan.ts';

const dayMs = 86_400_000;

/** The mapping that is played, out of the flags. Throws `OPTION_INVALID`. */
export function planSettings(options: Options): PlanSettings {
  const maxAgeMs = options.numberOrNone('max-age') ?? Number.POSITIVE_INFINITY;
  if (maxAgeMs < 60_000 || (maxAgeMs > 7 * dayMs && maxAgeMs !== Number.POSITIVE_INFINITY)) {
    throw optionError('--max-age', `${maxAgeMs}ms`, 'between 60s and 7d, as MaximumRecordAgeInSeconds');
  }
  return {
    bisect: options.flag('bisect'),
    maxRetries: options.numberOrNone('max-retries') ?? -1,
    maxAgeMs,
    retentionMs: options.number('retention'),
    report: options.flag('report'),
  };
}

/** The file with the handler, to be run in a process of its own. */
export function handlerFile(file: string, options: Options): HandlerFile {
  const named = options.textOrNone('export');
  const loader = typescriptLoader();
  return {
    file,
    ...(named !== undefined && { export: named }),
    ...(loader !== undefined && { typescriptLoader: loader }),
  };
}

/** Where there is one beside this command. */
function typescriptLoader(): string | undefined {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  } catch {
    return undefined;
  }
}
