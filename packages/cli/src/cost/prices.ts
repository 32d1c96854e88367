import { readFile } from 'node:fs/promises';

import { MillraceError } from '@millrace/kinesis';
import { isObject } from '@millrace/kinesis/runtime';

import { examplePrices, type Prices } from './example-prices.ts';

/** The examples with what a JSON file says instead. Throws `DATA_MISSING` or `OPTION_INVALID`. */
export async function readPrices(path: string | undefined): Promise<Prices> {
  if (path === undefined) return examplePrices;
  const given = parse(path, await readText(path));
  const known = Object.keys(examplePrices);
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw invalid(path, `${name} is no price`, `one of ${known.join(', ')}`);
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw invalid(path, `${name} is ${JSON.stringify(value)}`, 'a number, 0 or more');
    }
  }
  return { ...examplePrices, ...given };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('DATA_MISSING', `The file ${path} cannot be read.`, {
      advice: 'Check the name, and the directory it is run in.',
      path,
      cause,
    });
  }
}

function parse(path: string, text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw invalid(path, 'it is not a JSON object', 'an object such as {"shardHour":0.015}');
}

function invalid(path: string, problem: string, allowed: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `The prices in ${path} cannot be used: ${problem}.`, {
    advice: `Give ${allowed}.`,
    path: '--prices',
    allowed,
  });
}
