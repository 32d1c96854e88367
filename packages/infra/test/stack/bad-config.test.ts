import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createStack, type StackOptions } from '../../src/index.ts';

const junk = fc.oneof(
  fc.constantFrom(null, undefined, '', 'x', 0, -1, 1.5, true, [], {}, [null], { unsafe: null }),
  fc.object({ maxDepth: 2 }),
);
const part = (...names: readonly string[]): fc.Arbitrary<object> =>
  fc.dictionary(fc.constantFrom(...names), junk);

test('whatever a config says, it is a stack or an error that names the place', () => {
  const config = fc.record(
    {
      stream: fc.oneof(
        junk,
        part('name', 'shards', 'retentionHours', 'kmsKey', 'tags', 'shardMetrics').map((one) => ({
          name: 'orders',
          ...one,
        })),
      ),
      processors: fc.oneof(
        junk,
        fc.dictionary(
          fc.constantFrom('a', 'B'),
          fc.oneof(junk, part('function', 'existing', 'failures', 'fanOut', 'from', 'filters', 'unsafe')),
        ),
      ),
      services: fc.oneof(
        junk,
        fc.dictionary(fc.constantFrom('a', 'B'), fc.oneof(junk, part('group', 'principal', 'fanOut'))),
      ),
      notify: fc.oneof(junk, part('email', 'topicArn', 'unsafe')),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(config, (options) => {
      const outcome = (): unknown => {
        try {
          return createStack(options as unknown as StackOptions).resources.length > 0;
        } catch (error) {
          return (error as { code?: unknown }).code ?? String(error);
        }
      };
      expect([true, 'OPTION_INVALID']).toContain(outcome());
    }),
    { numRuns: 500 },
  );
});
