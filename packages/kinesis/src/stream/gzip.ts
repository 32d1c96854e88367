import { MillraceError } from '../errors.ts';
import { integerOption } from '../runtime/options.ts';
import type { ValueCodec } from './value-codec.ts';

export interface GzipOptions {
  /** Compression, 1 (fast) to 9 (small). @defaultValue `6` */
  readonly level?: number;
  /** The most a record may grow to when unpacked, 1 KiB to 1 GiB: a small record can hold a huge one. @defaultValue 64 MiB */
  readonly maxBytes?: number;
}

/**
 * Compresses what another codec writes. Decoding refuses what is not gzip, and what would unpack to more than `maxBytes`,
 * with `VALUE_INVALID`.
 *
 * @example
 * ```ts
 * const events = defineStream<Event>({ name: 'events', key: (event) => event.user, codec: gzip(json) });
 * ```
 */
export function gzip<T>(inner: ValueCodec<T>, options: GzipOptions = {}): ValueCodec<T> {
  const level = integerOption('gzip.level', options.level ?? 6, 1, 9);
  const maxOutputLength = integerOption('gzip.maxBytes', options.maxBytes ?? 67_108_864, 1024, 1_073_741_824);
  // With the first codec that wants it: every program that defines a stream loads this module.
  const { gunzipSync, gzipSync } = process.getBuiltinModule('node:zlib');
  const unpack = (bytes: Uint8Array): Uint8Array => {
    try {
      return gunzipSync(bytes, { maxOutputLength });
    } catch (cause) {
      throw new MillraceError('VALUE_INVALID', 'The record is not gzip, or unpacks to too much.', {
        advice:
          'Check that the producer compresses; raise gzip.maxBytes if the value is meant to be so large.',
        path: 'value',
        allowed: `gzip of at most ${maxOutputLength} bytes`,
        cause,
      });
    }
  };
  return {
    name: `gzip(${inner.name})`,
    encode: (value) => gzipSync(inner.encode(value), { level }),
    decode: (bytes) => inner.decode(unpack(bytes)),
  };
}
