import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { keyTemplate, objectKey, templateFault } from '../../src/engine/object-key.ts';

const parts = {
  channelName: 'orders',
  channelId: 'id-1',
  extension: '.json.gz',
  time: Date.UTC(2026, 10, 3, 4, 5),
  suffix: '000007-abc',
};

describe('the key of an object', () => {
  test('shows channel, time in UTC and what tells it apart, before its extension', () => {
    expect(objectKey(keyTemplate, parts)).toBe(
      'kinesis-channel/orders/id-1/2026/11/03/04/orders-id-1-2026-11-03-04-05-000007-abc.json.gz',
    );
  });

  test('ends in what tells it apart when the template shows no extension', () => {
    expect(objectKey('a/!{dd}', parts)).toBe('a/03-000007-abc');
  });

  test('stays inside its bucket for every template that has no fault', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '..',
      '/',
      '!{yyyy}',
      '!{',
      '}',
      '!',
      '-',
      '!{channel-name}',
      '!{x}',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const template = pieces.join('');
        if (templateFault(template) !== undefined) return;
        const key = objectKey(template, parts);
        expect(key.startsWith('/')).toBe(false);
        expect(key.split('/')).not.toContain('..');
        expect(key).not.toContain('!{');
      }),
      { numRuns: 2000 },
    );
  });
});

test.each(['/a', 'a/', 'a//b', '../a', 'a/./b', '!{nothing}', '!{yyyy', 'a}', '{a'])(
  'the template %s is refused',
  (template) => {
    expect(templateFault(template)).toBeTypeOf('string');
  },
);
