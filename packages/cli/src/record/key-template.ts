import { MillraceError } from '@millrace/kinesis';
import { checkPartitionKey, isHashKey } from '@millrace/kinesis/record';
import { optionError, type Clock } from '@millrace/kinesis/runtime';

export interface KeyTemplate {
  /** Whether it looks into the value; if not, the value need not be parsed. */
  readonly looksInside: boolean;
  /** A record's key from its parsed value; throws `RECORD_INVALID` when the value has none. */
  readonly keyOf: (value: unknown) => string;
}

/**
 * Reads `--key`: `.a.b[0]` takes a field, `random` spreads records evenly, anything else is the key itself (`=text` for
 * a key that looks like one of these). Throws `OPTION_INVALID`.
 */
export function keyTemplate(text: string, clock: Pick<Clock, 'random'>): KeyTemplate {
  if (text === 'random') return { looksInside: false, keyOf: () => randomKey(clock) };
  if (text.startsWith('.')) {
    const path = parsePath('--key', text);
    return { looksInside: true, keyOf: (value) => keyText(text, valueAt(value, path)) };
  }
  const literal = text.startsWith('=') ? text.slice(1) : text;
  try {
    checkPartitionKey(literal);
  } catch {
    throw optionError(
      '--key',
      literal.length > 40 ? `${literal.slice(0, 40)}…` : literal,
      'a key of 1 to 256 characters, .field, or random',
    );
  }
  return { looksInside: false, keyOf: () => literal };
}

/** Reads `--hash-key`: a decimal integer, or `.field` holding one. Throws `OPTION_INVALID`. */
export function hashKeyTemplate(text: string): KeyTemplate {
  if (text.startsWith('.')) {
    const path = parsePath('--hash-key', text);
    const keyOf = (value: unknown): string => {
      const found = keyText(text, valueAt(value, path));
      if (isHashKey(found)) return found;
      throw noKey(
        `${text} is ${JSON.stringify(found)}, no hash key.`,
        'Give a decimal integer from 0 to 2^128 − 1.',
      );
    };
    return { looksInside: true, keyOf };
  }
  if (!isHashKey(text))
    throw optionError('--hash-key', text, 'a decimal integer from 0 to 2^128 − 1, or .field');
  return { looksInside: false, keyOf: () => text };
}

function randomKey(clock: Pick<Clock, 'random'>): string {
  const half = (): string =>
    Math.floor(clock.random() * 2 ** 48)
      .toString(36)
      .padStart(10, '0');
  return half() + half();
}

type Path = readonly (string | number)[];

/** `.a.b[0]["c d"]`. */
function parsePath(option: string, text: string): Path {
  const path: (string | number)[] = [];
  const step = /\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[(\d+)\]|\.?\[("(?:[^"\\]|\\.)*")\]/uy;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null)
      throw optionError(option, text, 'a path such as .customer, .order.items[0].id or .["a b"]');
    const [, name, index, quoted] = match;
    if (name !== undefined) path.push(name);
    else if (index !== undefined) path.push(Number(index));
    else path.push(String(JSON.parse(quoted ?? '""')));
  }
  return path;
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

function keyText(path: string, found: unknown): string {
  if (typeof found === 'string') return found;
  if (typeof found === 'boolean') return String(found);
  if (typeof found === 'number') {
    // 12345678901234567890 was already rounded when it was read: records of two keys would share one.
    if (!Number.isInteger(found) || Number.isSafeInteger(found)) return String(found);
    throw noKey(`${path} is an integer too large to be exact.`, 'Write it as a string in the data.');
  }
  if (found === undefined) throw noKey(`There is no ${path}.`, 'Give another --key, or mend the data.');
  throw noKey(
    `${path} is ${found === null ? 'null' : 'not a text, number or boolean'}.`,
    'Give another --key, or mend the data.',
  );
}

function noKey(message: string, advice: string): MillraceError {
  return new MillraceError('RECORD_INVALID', message, { advice, path: 'partitionKey' });
}
