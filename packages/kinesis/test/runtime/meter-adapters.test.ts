import { openTelemetryMeter, promMeter } from '@millrace/kinesis/runtime';
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
    { name: 'millrace_ms', help: 'millrace.ms', labelNames: ['stream'] },
    [{ stream: 's' }, 5],
  ]);
});
