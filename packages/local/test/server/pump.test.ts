import { Writable } from 'node:stream';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { pump } from '../../src/server/pump.ts';
import type { ByteStream } from '../../src/wire/message.ts';

/** Chunks of one byte, counted as they are asked for. */
class Source implements ByteStream {
  asked = 0;
  left = false;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.left || this.asked === this.#length) return { done: true, value: undefined };
    return { done: false, value: Uint8Array.of(this.asked++ & 0xff) };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.left = true;
    return { done: true, value: undefined };
  }
}

/** A reader that takes a chunk only when told to. */
function createReader(highWaterMark: number): {
  readonly sink: Writable;
  readonly taken: number[];
  readonly take: () => void;
} {
  const taken: number[] = [];
  let pending: (() => void) | undefined;
  const sink = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      taken.push(...chunk);
      pending = done;
    },
  });
  return { sink, taken, take: () => pending?.() };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('never asks for more than the reader has room for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 40 }),
      async (room, takes) => {
        const source = new Source(1000);
        const { sink, taken, take } = createReader(room);
        const pumping = pump(source, sink);
        for (let at = 0; at < takes; at++) {
          await turn();
          expect(source.asked - taken.length).toBeLessThanOrEqual(room);
          take();
        }
        sink.destroy();
        await pumping;
        expect(source.left).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

test('hands on every chunk in order, ends the reader at the end, and leaves no listener', async () => {
  const source = new Source(300);
  const chunks: number[] = [];
  const sink = new Writable({
    highWaterMark: 7,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(...chunk);
      setImmediate(done);
    },
  });
  const finished = new Promise((resolve) => sink.once('finish', resolve));
  const before = sink.listenerCount('close');
  await pump(source, sink);
  await finished;
  expect(chunks).toEqual(Array.from({ length: 300 }, (_, at) => at & 0xff));
  expect(source.left).toBe(false);
  expect(sink.listenerCount('close')).toBe(before);
  expect(sink.listenerCount('drain')).toBe(0);
});

test('tells a body whose reader has gone before it began', async () => {
  const source = new Source(5);
  const { sink } = createReader(1);
  sink.destroy();
  await pump(source, sink);
  expect(source).toMatchObject({ left: true, asked: 0 });
});
