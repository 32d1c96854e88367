import { MillraceError } from '../errors.ts';

/** Turns values into the bytes of a record and back. */
export interface ValueCodec<T> {
  /** Named in errors. */
  readonly name: string;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** UTF-8 JSON; the default. `undefined`, functions and cycles are refused with `VALUE_INVALID`. */
export const json: ValueCodec<unknown> = {
  name: 'json',
  encode(value) {
    let text: unknown;
    let cause: unknown;
    try {
      text = JSON.stringify(value);
    } catch (error) {
      cause = error;
    }
    if (typeof text === 'string') return encoder.encode(text);
    throw valueError('json', 'cannot be written as JSON', cause);
  },
  decode(bytes): unknown {
    try {
      return JSON.parse(decoder.decode(bytes));
    } catch (cause) {
      throw valueError('json', 'is not JSON', cause);
    }
  },
};

/** UTF-8 text. */
export const text: ValueCodec<string> = {
  name: 'text',
  encode: (value) => encoder.encode(value),
  decode(bytes) {
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw valueError('text', 'is not UTF-8', cause);
    }
  },
};

/** The bytes themselves. */
export const bytes: ValueCodec<Uint8Array> = {
  name: 'bytes',
  encode: (value) => value,
  decode: (value) => value,
};

function valueError(codec: string, problem: string, cause: unknown): MillraceError {
  return new MillraceError('VALUE_INVALID', `The value ${problem}.`, {
    advice: `Give the stream another codec than ${codec}, or mend the value at its source.`,
    path: 'value',
    cause,
  });
}
