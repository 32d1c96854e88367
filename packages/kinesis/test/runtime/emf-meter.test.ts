import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { emfMeter, measurements } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { readonly Name: string }[] }[];
  };
  readonly [name: string]: unknown;
}

test('a line carries what was measured of one set of labels in an interval, in the format CloudWatch reads', async () => {
  const clock = createManualClock();
  const lines: string[] = [];
  const meter = emfMeter({ namespace: 'Shop', write: (line) => lines.push(line), clock });
  meter.add('millrace.producer.records', 2, { stream: 'orders' });
  meter.add('millrace.producer.records', 3, { stream: 'orders' });
  meter.record('millrace.producer.settle_ms', 5, { stream: 'orders' });
  meter.record('millrace.producer.settle_ms', 7, { stream: 'orders' });
  meter.add('millrace.producer.entry_bytes', 9, { stream: 'refunds' });
  expect(lines).toEqual([]);
  await clock.advance(10_000);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      _aws: {
        Timestamp: clock.now(),
        CloudWatchMetrics: [
          {
            Namespace: 'Shop',
            Dimensions: [['stream']],
            Metrics: [
              { Name: 'millrace.producer.records', Unit: 'Count' },
              { Name: 'millrace.producer.settle_ms', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      stream: 'orders',
      'millrace.producer.records': 5,
      'millrace.producer.settle_ms': [5, 7],
    },
    expect.objectContaining({ stream: 'refunds', 'millrace.producer.entry_bytes': 9 }),
  ]);
  await clock.advance(60_000);
  expect(lines).toHaveLength(2);
});

test('what is measured of a shard is written for all shards together as well, which an alarm can look at', () => {
  const lines: string[] = [];
  const meter = emfMeter({ write: (line) => lines.push(line), clock: createManualClock() });
  meter.record('behind_ms', 1, { stream: 's', group: 'g', shardId: 'a' });
  meter.add('lost', 1, { stream: 's', code: 'c' });
  meter.flush();
  expect(lines.map((line) => (JSON.parse(line) as Line)['_aws'].CloudWatchMetrics)).toMatchObject([
    [
      {
        Dimensions: [
          ['stream', 'group', 'shardId'],
          ['stream', 'group'],
        ],
      },
    ],
    [{ Dimensions: [['stream', 'code']] }],
  ]);
});

test('what is idle writes nothing and leaves no timer; disposing writes what there is', () => {
  const clock = createManualClock();
  const lines: string[] = [];
  {
    using meter = emfMeter({ write: (line) => lines.push(line), clock });
    expect(clock.pending).toBe(0);
    meter.add('a', 1, {});
    expect(clock.pending).toBe(1);
  }
  expect(lines).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test('however much is measured, a line stays within the limits, counters exact and ends true', () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 500 });
  fc.assert(
    fc.property(values, (given) => {
      const lines: string[] = [];
      const meter = emfMeter({ write: (line) => lines.push(line), clock: createManualClock() });
      for (const value of given) {
        meter.add('count', value, {});
        meter.record('some_ms', value, {});
      }
      meter.flush();
      const [line] = lines.map((text) => JSON.parse(text) as Line);
      const written = line?.['some_ms'] as number[];
      expect(line?.['count']).toBe(given.reduce((a, b) => a + b, 0));
      expect(written).toHaveLength(Math.min(100, given.length));
      expect([Math.min(...written), Math.max(...written)]).toEqual([Math.min(...given), Math.max(...given)]);
      for (const value of written) expect(given).toContain(value);
    }),
  );
});

test('a log that fails does not break what is measured', () => {
  const meter = emfMeter({
    write: () => {
      throw new Error('EPIPE');
    },
    clock: createManualClock(),
  });
  meter.add('a', 1, {});
  expect(() => meter.flush()).not.toThrow();
});

test('the list of measurements is the measurements there are, with their kinds', () => {
  const folder = fileURLToPath(new URL('../../src', import.meta.url));
  const sources = ['producer', 'consumer'].flatMap((room) =>
    readdirSync(`${folder}/${room}`).map((name) => readFileSync(`${folder}/${room}/${name}`, 'utf8')),
  );
  const called = sources.flatMap((source) =>
    [...source.matchAll(/meter\.(add|record)\(\s*'([^']+)'/g)].map(
      ([, method, name]) => `${String(name)} ${method === 'add' ? 'counter' : 'distribution'}`,
    ),
  );
  expect(measurements.map(({ name, kind }) => `${name} ${kind}`).toSorted()).toEqual(
    [...new Set(called)].toSorted(),
  );
});
