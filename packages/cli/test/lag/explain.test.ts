import { expect, test } from 'vitest';

import { catchUp, explainLag, showCatchUp, type LagEvidence } from '../../src/lag/explain.ts';
import { explainMapping } from '../../src/lag/explain-view.ts';
import { showDuration, type LagRow } from '../../src/lag/lag-row.ts';

const row = (shard: number, records: number, checkpoint: number, more: Partial<LagRow> = {}): LagRow => ({
  stream: 'orders',
  kind: 'group',
  reader: 'billing',
  shardId: `shardId-00000000000${shard}`,
  state: 'reading',
  behindMs: records * 1000,
  records,
  exact: true,
  checkpoint: String(checkpoint),
  ...more,
});
const evidence = (before: LagRow[], after: LagRow[], more: Partial<LagEvidence> = {}): LagEvidence => ({
  stream: 'orders',
  reader: 'billing',
  windowMs: 10_000,
  before,
  after,
  alive: new Set(after.map(({ shardId = '' }) => shardId)),
  throttledReads: 0,
  ...more,
});
const causes = (given: LagEvidence): string[] => explainLag(given).map(({ cause }) => cause);

test.each([
  ['nothing when it is not behind', evidence([row(0, 0, 1)], [row(0, 0, 2)]), []],
  ['nothing when it is behind and catching up', evidence([row(0, 90, 1)], [row(0, 50, 2)]), []],
  [
    'a slow handler when it moves on and more arrives',
    evidence([row(0, 50, 1)], [row(0, 60, 2)]),
    ['slow-handler'],
  ],
  [
    'a poison loop when a live owner stands still',
    evidence([row(0, 50, 1)], [row(0, 60, 1)]),
    ['poison-loop'],
  ],
  [
    'a dead owner when nothing of the lease moves',
    evidence([row(0, 50, 1)], [row(0, 60, 1)], { alive: new Set() }),
    ['owner-dead'],
  ],
  [
    'nobody when the lease is free',
    evidence([row(0, 50, 1, { state: 'free' })], [row(0, 60, 1, { state: 'free' })]),
    ['nobody-reads'],
  ],
  [
    'throttled reads beside what they cause',
    evidence([row(0, 50, 1)], [row(0, 60, 2)], { throttledReads: 12 }),
    ['throttled-reads', 'slow-handler'],
  ],
  [
    'a hot shard and not its handler when one has far more before it',
    evidence([row(0, 50, 1), row(1, 3, 1), row(2, 2, 1)], [row(0, 90, 2), row(1, 2, 2), row(2, 3, 2)]),
    ['hot-shard', 'slow-handler'],
  ],
  ['parked keys though it is not behind', evidence([], [row(0, 0, 1, { parkedKeys: 2 })]), ['parked-keys']],
  ['nothing of shards that wait for their parents', evidence([], [row(0, 50, 1, { state: 'waiting' })]), []],
])('%s', (_, given, expected) => {
  expect(causes(given)).toEqual(expected);
});

test('it names the shards, what was seen and what to do', () => {
  const [finding] = explainLag(evidence([row(3, 5, 1)], [row(3, 5, 1)], { alive: new Set() }));
  expect(finding).toMatchObject({ shardIds: ['shardId-000000000003'], reader: 'billing' });
  expect(finding?.advice).toContain('millrace leases release billing shardId-000000000003');
});

test('the time to catch up follows from how fast the records before it become fewer', () => {
  expect(catchUp(evidence([row(0, 100, 1)], [row(0, 50, 2)]))).toMatchObject({
    drainPerSecond: 5,
    inMs: 10_000,
  });
  expect(showCatchUp(catchUp(evidence([row(0, 100, 1)], [row(0, 50, 2)])))).toBe(
    'drains 50 records in 10.0 s at 5.0 records/s',
  );
  expect(catchUp(evidence([row(0, 50, 1)], [row(0, 60, 2)])).inMs).toBe(undefined);
  expect(showCatchUp(catchUp(evidence([row(0, 50, 1)], [row(0, 60, 2)])))).toBe(
    '60 records before it, and 1.0 records/s more',
  );
  expect(showCatchUp(catchUp(evidence([row(0, 5, 1)], [row(0, 0, 2)])))).toBe('has caught up');
  const reckoned = evidence([row(0, 5000, 1)], [row(0, 6000, 2, { exact: false })]);
  expect(showCatchUp(catchUp(reckoned))).toBe('~6,000 records before it, and ~100.0 records/s more');
});

test('a mapping that is off or fails says so', () => {
  const mapping = {
    id: 'uuid-1',
    functionName: 'bill',
    state: 'Enabled',
    lastResult: 'OK',
    startingPosition: 'LATEST',
    reportsBatchItemFailures: true,
    bisects: true,
    maxRetries: undefined,
    maxRecordAgeSeconds: undefined,
    failureDestination: undefined,
    sourceArn: '',
  };
  expect(explainMapping('orders', mapping)).toEqual([]);
  expect(explainMapping('orders', { ...mapping, state: 'Disabled' })).toMatchObject([
    { cause: 'paused-mapping' },
  ]);
  expect(explainMapping('orders', { ...mapping, lastResult: 'PROBLEM: Function call failed' })).toMatchObject(
    [{ cause: 'failing-mapping', advice: expect.stringContaining('failure destination') as unknown }],
  );
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1500, '1.5 s'],
  [310_000, '5 m 10 s'],
  [11_040_000, '3 h 4 m'],
  [259_200_000, '3 d 0 h'],
])('%i ms is shown as %s', (ms, shown) => {
  expect(showDuration(ms)).toBe(shown);
});
