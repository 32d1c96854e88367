import { gzipSync } from 'node:zlib';

import { avroCodec, bytes, gzip, json, protobufCodec } from '@millrace/kinesis';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('what gzip packs, it unpacks', () => {
  const codec = gzip(json);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(codec.decode(codec.encode(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a record that would unpack to more than the limit is refused before it does', () => {
  const bomb = gzipSync(new Uint8Array(10_000_000));
  expect(bomb.length).toBeLessThan(20_000);
  expect(() => gzip(bytes, { maxBytes: 1_000_000 }).decode(bomb)).toThrow(
    expect.objectContaining({ code: 'VALUE_INVALID' }),
  );
});

test('any bytes that are not gzip are a typed error', () => {
  const codec = gzip(bytes);
  fc.assert(
    fc.property(fc.uint8Array(), (noise) => {
      expect(() => codec.decode(noise)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
    }),
  );
});

/** The shape of an avsc type: a byte of length, then text. */
const textType = {
  toBuffer: (value: string) => Buffer.concat([Buffer.of(value.length), Buffer.from(value, 'latin1')]),
  fromBuffer: (data: Uint8Array) => {
    if (!Buffer.isBuffer(data)) throw new TypeError('avsc takes only Buffers');
    if (data.length - 1 !== data[0]) throw new Error('truncated buffer');
    return data.toString('latin1', 1);
  },
};

test('an Avro type reads bytes that are no Buffer, and its errors are typed', () => {
  const codec = avroCodec(textType);
  expect(codec.decode(Uint8Array.from(codec.encode('ada')))).toBe('ada');
  expect(() => codec.decode(Uint8Array.of(9, 1))).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
});

test('a Protobuf type is used as it is given, and its errors are typed', () => {
  const codec = protobufCodec({
    toBinary: (value: number) => Uint8Array.of(value),
    fromBinary: (data) => data[0] ?? raise(),
  });
  expect(codec.decode(codec.encode(7))).toBe(7);
  expect(() => codec.decode(new Uint8Array())).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }));
});

function raise(): never {
  throw new Error('empty');
}
