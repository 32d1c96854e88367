import fc from 'fast-check';
import { expect, test } from 'vitest';

import { splitLines, type Line } from '../../src/io/lines.ts';

async function linesOf(chunks: readonly Uint8Array[], maxBytes = 1000): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const some of splitLines(chunks, maxBytes)) lines.push(...some);
  return lines;
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = (lines: readonly Line[]): unknown[] =>
  lines.map((line) => ({ ...line, bytes: [...line.bytes] }));
const texts = (lines: readonly Line[]): string[] =>
  lines.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));

test('lines are the same at every split point of the input', async () => {
  const input = utf8('one\r\n\nthree ü\n\r\nfive');
  const whole = await linesOf([input]);
  expect(whole.map(({ number }) => number)).toEqual([1, 3, 5]);
  for (let at = 0; at <= input.length; at++) {
    expect(plain(await linesOf([input.subarray(0, at), input.subarray(at)]))).toEqual(plain(whole));
  }
  expect(plain(await linesOf([...input].map((byte) => Uint8Array.of(byte))))).toEqual(plain(whole));
});

test('only a line end ends a line: other bytes come through untouched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1 })), async (raw) => {
      const lines = raw
        .map((bytes) => bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d))
        .filter((bytes) => bytes.length > 0);
      const input = Buffer.concat(lines.flatMap((bytes) => [bytes, Uint8Array.of(0x0a)]));
      expect((await linesOf([input])).map(({ bytes }) => [...bytes])).toEqual(
        lines.map((bytes) => [...bytes]),
      );
    }),
  );
});

test('a line longer than allowed is cut, marked, and does not hurt the next', async () => {
  const chunks = Array.from({ length: 10 }, () => utf8('x'.repeat(50)));
  const lines = await linesOf([...chunks, utf8('\nshort\n')], 100);
  expect(lines.map(({ number, bytes, tooLong }) => [number, bytes.length, tooLong])).toEqual([
    [1, 100, true],
    [2, 5, undefined],
  ]);
});

test('a last line without an end counts', async () => {
  expect(texts(await linesOf([utf8('a\nb')]))).toEqual(['a', 'b']);
  expect(await linesOf([])).toEqual([]);
  expect(await linesOf([utf8('\n\n\r\n')])).toEqual([]);
});
