import { Notes } from '../../src/io/notes.ts';
import { colourOf, createPaint, wantsColour } from '../../src/io/paint.ts';
import { visible } from '../../src/io/visible.ts';
import { Collector } from '../support/run-cli.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test.each([
  ['auto', {}, true, true],
  ['auto', {}, false, false],
  ['auto', { NO_COLOR: '1' }, true, false],
  ['auto', { NO_COLOR: '' }, true, true],
  ['auto', { TERM: 'dumb' }, true, false],
  ['auto', { FORCE_COLOR: '1' }, false, true],
  ['auto', { FORCE_COLOR: '0' }, true, false],
  ['auto', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  ['always', { NO_COLOR: '1' }, false, true],
  ['never', { FORCE_COLOR: '1' }, true, false],
] as const)('--color %s with %j, terminal %s: %s', (choice, env, isTTY, expected) => {
  expect(wantsColour(choice, env, isTTY)).toBe(expected);
});

test('without colour, text is itself', () => {
  expect(createPaint(false)('red', 'x')).toBe('x');
  expect(createPaint(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
});

test('a shard keeps its colour', () => {
  expect(colourOf('shardId-000000000003')).toBe(colourOf('shardId-000000000003'));
});

test('no control character of foreign text reaches the terminal, and no letter is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
      expect(visible(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
  );
  expect(visible('a\u001b[2Jb\r\nü\u009b')).toBe('a\\x1b[2Jb\\r\\nü\\x9b');
});

test('a note cannot smuggle control characters in', () => {
  const stream = new Collector();
  new Notes(stream).warn('stream \u001b]0;title\u0007');
  expect(stream.text).toBe('warning: stream \\x1b]0;title\\x07\n');
});

test('quiet leaves warnings and errors', () => {
  const stream = new Collector();
  const notes = new Notes(stream, { quiet: true });
  notes.info('a');
  notes.progress('b');
  notes.warn('c');
  notes.error('d', 'e');
  expect(stream.text).toBe('warning: c\nerror: d\n  try:   e\n');
});

test('progress is rewritten on a terminal and cleared before the next note', () => {
  const stream = new Collector();
  const notes = new Notes(stream, { isTTY: true });
  notes.progress('1');
  notes.progress('2');
  notes.info('done');
  expect(stream.text).toBe('\r\u001b[K1\r\u001b[K2\r\u001b[Kdone\n');
});
