import { readFile } from 'node:fs/promises';

import type { StackOptions } from '@millrace/infra';
import type { PolicyDocument } from '@millrace/local';
import { MillraceError } from '@millrace/kinesis/errors';
import { optionError } from '@millrace/kinesis/runtime';

/** A JSON file. Rejects with `DATA_MISSING`, `OPTION_INVALID`. */
export async function readJson(option: string, file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new MillraceError('DATA_MISSING', `${file} cannot be read.`, {
      advice: `Check the name given to ${option}.`,
      path: option,
      cause: error,
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    const where = error instanceof Error ? error.message : String(error);
    throw optionError(option, file, `a file of JSON (${where})`);
  }
}

/** What to make, as far as it can be told that it is one; the rest is checked where it is made. */
export async function readConfig(file: string): Promise<StackOptions> {
  const config = await readJson('--config', file);
  if (isConfig(config)) return config;
  throw optionError('--config', file, 'a JSON object that has a stream');
}

function isConfig(value: unknown): value is StackOptions {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stream' in value &&
    typeof value.stream === 'object' &&
    value.stream !== null
  );
}

/** An identity policy; whether it can be enforced is checked by the server. */
export async function readPolicy(file: string): Promise<PolicyDocument> {
  const policy = await readJson('--policy', file);
  if (isPolicy(policy)) return policy;
  throw optionError('--policy', file, 'a JSON object that has a Statement');
}

function isPolicy(value: unknown): value is PolicyDocument {
  return typeof value === 'object' && value !== null && 'Statement' in value;
}
