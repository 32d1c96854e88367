import { measurements, promMeter, promText } from '@millrace/kinesis/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
/** Each sample as what it is of and its value; the order of labels does not matter. */
const samplesOf = (text: string): string[] =>
  linesOf(text)
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/[a-zA-Z]+="(?:[^"\\]|\\.)*"/g)].map(([pair]) => pair);
      return `${name} ${pairs.toSorted().join()} ${value}`;
    })
    .toSorted();

test('what it writes is, sample by sample, what prom-client writes of the same measurements', async () => {
  const prom = await import('prom-client');
  const label = fc.constantFrom('orders', 'with "quotes"', 'back\\slash', 'new\nline', 'ä', '');
  const measured = fc.record({
    which: fc.constantFrom(...measurements),
    value: fc.oneof(fc.nat(2000), fc.double({ min: 0, max: 1e10, noNaN: true })),
    labels: fc.array(label, { minLength: 3, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(measured, { maxLength: 60 }), async (given) => {
      prom.register.clear();
      const ours = promText();
      const theirs = promMeter(prom);
      for (const { which, value, labels } of given) {
        const of = Object.fromEntries(which.labels.map((name, index) => [name, labels[index] ?? '']));
        for (const meter of [ours, theirs]) {
          if (which.kind === 'counter') meter.add(which.name, value, of);
          else meter.record(which.name, value, of);
        }
      }
      expect(samplesOf(ours.text())).toEqual(samplesOf(await prom.register.metrics()));
    }),
    { numRuns: 50 },
  );
  prom.register.clear();
});

test('every line is of the text format, each metric is described once, before its samples', () => {
  const meter = promText();
  expect(meter.text()).toBe('');
  for (const stream of ['orders', 'refunds']) {
    meter.add('millrace.producer.records', 2, { stream });
    meter.record('millrace.producer.settle_ms', 150, { stream });
  }
  meter.record('bare', 1e6, {});
  const text = meter.text();
  expect(text.endsWith('\n')).toBe(true);
  const sample = /^[a-zA-Z_:][\w:]*(?:\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="[^"]*")*\})? \S+$/;
  const lines = linesOf(text);
  const described = lines.flatMap((line) => /^# (?:HELP|TYPE) (\S+) .+$/.exec(line)?.[1] ?? []);
  expect(lines.filter((line) => !line.startsWith('# ') && !sample.test(line))).toEqual([]);
  const names = ['millrace_producer_records', 'millrace_producer_settle_ms', 'bare'];
  expect(described).toEqual(names.flatMap((name) => [name, name]));
  expect(text).toContain(
    '# HELP millrace_producer_records records stored\n# TYPE millrace_producer_records counter\n',
  );
  expect(text).toContain('millrace_producer_settle_ms_bucket{le="200",stream="orders"} 1\n');
  expect(text).toContain(
    'bare_bucket{le="500000"} 0\nbare_bucket{le="+Inf"} 1\nbare_sum 1000000\nbare_count 1\n',
  );
});
