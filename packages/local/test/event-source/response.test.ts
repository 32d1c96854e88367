import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readResponse } from '../../src/event-source/response.ts';

const batch = ['9', '10', '11'];
const failing = (...identifiers: readonly unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

/** Each of these was recorded from AWS. */
describe('response', () => {
  test.each([
    ['""', ''],
    ['[]', []],
    ['null', null],
    ['undefined', undefined],
    ['{}', {}],
  ])('[response/success] the answer %s is success', (_name, response) => {
    expect(readResponse(response, batch)).toEqual({ type: 'done' });
  });
  test.each([[[]], [null]])('[response/success] batchItemFailures %j is success', (batchItemFailures) => {
    expect(readResponse({ batchItemFailures }, batch)).toEqual({ type: 'done' });
  });
  test.each([[''], [null]])(
    '[response/whole-batch] itemIdentifier %j fails the whole batch',
    (identifier) => {
      expect(readResponse(failing('11', identifier), batch)).toEqual({ type: 'failed' });
    },
  );
  test.each([[{ foo: 123 }], [{ foo: null }], [{}]])(
    '[response/whole-batch] an item %j without itemIdentifier fails the whole batch',
    (item) => {
      expect(readResponse({ batchItemFailures: [item] }, batch)).toEqual({ type: 'failed' });
    },
  );
  test.each([[123], [11], ['12']])(
    '[response/whole-batch] itemIdentifier %j, not in the batch, fails the whole batch',
    (identifier) => {
      expect(readResponse(failing(identifier), batch)).toEqual({ type: 'failed' });
    },
  );
  test('[response/lowest] the lowest identifier counts, as a number and not as text', () => {
    expect(readResponse(failing('11', '10'), batch)).toEqual({ type: 'partial', from: 1 });
    expect(readResponse(failing('10', '9'), batch)).toEqual({ type: 'partial', from: 0 });
  });
  test('an answer that is no object fails the whole batch', () => {
    for (const response of ['fine', 7, true, [1], { batchItemFailures: 'all' }]) {
      expect(readResponse(response, batch)).toEqual({ type: 'failed' });
    }
  });
  test('whatever a function answers is read, and a partial failure lies within the batch', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (response) => {
        const verdict = readResponse(response, batch);
        expect(verdict.type !== 'partial' || verdict.from < batch.length).toBe(true);
      }),
    );
  });
});
