import { openTelemetryMeter, promMeter } from '@millrace/kinesis/runtime';
import { createNoopMeter, metrics, type Meter, type MeterProvider } from '@opentelemetry/api';
import { expect, test } from 'vitest';

test('OpenTelemetry gets one instrument a name, and every value with its labels', () => {
  const log: unknown[] = [];
  const meter = openTelemetryMeter({
    createCounter: (name) => {
      log.push(['counter', name]);
      return { add: (value, labels) => log.push([name, value, labels]) };
    },
    createHistogram: (name) => {
      log.push(['histogram', name]);
      return { record: (value, labels) => log.push([name, value, labels]) };
    },
  });
  meter.add('a.b', 1, { stream: 's' });
  meter.add('a.b', 2, { stream: 't' });
  meter.record('c', 3, {});
  expect(log).toEqual([
    ['counter', 'a.b'],
    ['a.b', 1, { stream: 's' }],
    ['a.b', 2, { stream: 't' }],
    ['histogram', 'c'],
    ['c', 3, {}],
  ]);
});

test('prom-client gets names it accepts and the labels of first use', () => {
  const log: unknown[] = [];
  class Counter {
    constructor(options: object) {
      log.push(options);
    }
    inc(labels: object, value: number): void {
      log.push([labels, value]);
    }
  }
  class Histogram extends Counter {
    observe(labels: object, value: number): void {
      log.push([labels, value]);
    }
  }
  const meter = promMeter({ Counter, Histogram });
  meter.add('millrace.errors', 1, { stream: 's', code: 'THROTTLED' });
  meter.record('millrace.ms', 5, { stream: 's' });
  expect(log).toEqual([
    { name: 'millrace_errors', help: 'millrace.errors', labelNames: ['stream', 'code'] },
    [{ stream: 's', code: 'THROTTLED' }, 1],
    {
      name: 'millrace_ms',
      help: 'millrace.ms',
      labelNames: ['stream'],
      buckets: expect.arrayContaining([0, 1, 500, 1e5]),
    },
    [{ stream: 's' }, 5],
  ]);
});

test('the real prom-client takes what a producer measures', async () => {
  const prom = await import('prom-client');
  const meter = promMeter(prom);
  meter.add('millrace.real.records', 3, { stream: 's' });
  meter.add('millrace.real.records', 4, { stream: 's' });
  meter.record('millrace.real.settle_ms', 150, { stream: 's' });
  const text = await prom.register.metrics();
  expect(text).toContain('millrace_real_records{stream="s"} 7');
  expect(text).toContain('millrace_real_settle_ms_bucket{le="100",stream="s"} 0');
  expect(text).toContain('millrace_real_settle_ms_bucket{le="200",stream="s"} 1');
  prom.register.clear();
});

test('the real OpenTelemetry API takes what a producer measures, whatever provider is behind it', () => {
  const seen: unknown[] = [];
  class Recording implements MeterProvider {
    getMeter(scope: string): Meter {
      return Object.assign(createNoopMeter(), {
        createCounter: (name: string) => ({
          add: (value: number, attributes: unknown) => seen.push([scope, name, value, attributes]),
        }),
        createHistogram: (name: string) => ({
          record: (value: number, attributes: unknown) => seen.push([scope, name, value, attributes]),
        }),
      });
    }
  }
  metrics.setGlobalMeterProvider(new Recording());
  const meter = openTelemetryMeter(metrics.getMeter('shop'));
  meter.add('millrace.producer.records', 2, { stream: 's' });
  meter.record('millrace.producer.settle_ms', 1.5, { stream: 's' });
  metrics.disable();
  expect(seen).toEqual([
    ['shop', 'millrace.producer.records', 2, { stream: 's' }],
    ['shop', 'millrace.producer.settle_ms', 1.5, { stream: 's' }],
  ]);
});
