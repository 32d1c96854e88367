import { MillraceError, rawStream } from '@millrace/kinesis';
import { expandRecord } from '@millrace/kinesis/codec';
import { createProducer, type ProducerOptions, type WriteOutcome } from '@millrace/kinesis/producer';
import { toSequenceNumber, type OutgoingRecord } from '@millrace/kinesis/record';
import { sleep } from '@millrace/kinesis/runtime';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ok, throttled } from './fake-writer.ts';

const stream = rawStream('clicks');

/** What happens to one call: how long it takes, and its fate. */
interface Weather {
  readonly delayMs: number;
  readonly fate: 'fine' | 'some-throttled' | 'all-fail' | 'stored-but-answer-lost';
  readonly mask: number;
}

const weather: fc.Arbitrary<Weather> = fc.record({
  delayMs: fc.integer({ min: 0, max: 400 }),
  fate: fc.constantFrom('fine', 'fine', 'some-throttled', 'all-fail', 'stored-but-answer-lost'),
  mask: fc.nat(),
});

interface Run {
  readonly log: readonly string[];
  readonly delivered: number;
  readonly failed: number;
}

/** Puts `keys` in order through a service with this weather and tells what it stored, in order. */
async function put(
  keys: readonly string[],
  forecast: readonly Weather[],
  options: ProducerOptions,
): Promise<Run> {
  const clock: ManualClock = createManualClock({ seed: keys.length + 1 });
  const log: string[] = [];
  let call = 0;
  const store = (entry: OutgoingRecord): void => {
    const stored = { sequenceNumber: toSequenceNumber('1'), arrivedAt: 0, ...entry };
    for (const { data } of expandRecord(stored)) log.push(new TextDecoder().decode(data));
  };
  const writer = {
    async write(_stream: string, entries: readonly OutgoingRecord[]): Promise<readonly WriteOutcome[]> {
      const now = forecast[call++ % Math.max(1, forecast.length)] ?? { delayMs: 0, fate: 'fine', mask: 0 };
      await sleep(clock, now.delayMs);
      if (now.fate === 'all-fail') throw unreachable();
      const outcomes = entries.map((entry, index): WriteOutcome => {
        if (now.fate === 'some-throttled' && (now.mask >> (index % 30)) & 1) return throttled();
        store(entry);
        return ok();
      });
      if (now.fate === 'stored-but-answer-lost') throw unreachable();
      return outcomes;
    },
  };
  const producer = createProducer(stream, { writer }, { ...options, clock, deadline: '10m' });
  for (const [index, partitionKey] of keys.entries()) {
    void producer.put({ partitionKey, data: new TextEncoder().encode(`${partitionKey}:${index}`) });
    if (index % 7 === 6) await clock.advance(5);
  }
  const closing = producer.close();
  let steps = 0;
  while (clock.pending > 0 && steps++ < 5000) await clock.next();
  return { log, ...(await closing) };
}

function unreachable(): MillraceError {
  return new MillraceError('ENDPOINT_UNREACHABLE', 'Reset.', { advice: 'Wait.', retryable: true });
}

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 60 });
// At least one kind day in the forecast, or nothing would ever arrive.
const forecasts = fc
  .array(weather, { maxLength: 12 })
  .map((days) => [...days, { delayMs: 1, fate: 'fine', mask: 0 } as const]);

test.each([
  ['one record an entry', { ordering: 'key' }],
  ['aggregated', { ordering: 'key', aggregation: 'key' }],
] as const)(
  'first arrivals of one key keep the order of put through every failure (%s)',
  async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(keys, forecasts, async (sequence, forecast) => {
        const { log, delivered, failed } = await put(sequence, forecast, {
          ...options,
          linger: 10,
          maxInFlight: 3,
        });
        expect({ delivered, failed }).toEqual({ delivered: sequence.length, failed: 0 });
        const first = [...new Set(log)];
        for (const key of new Set(sequence)) {
          const expected = sequence.flatMap((each, index) => (each === key ? [`${key}:${index}`] : []));
          expect(first.filter((text) => text.startsWith(key))).toEqual(expected);
        }
      }),
      { numRuns: 150 },
    );
  },
  60_000,
);

test.each([
  ['plain', {}],
  ['aggregated', { aggregation: 'key' }],
] as const)(
  'without order, too, every record put is stored and settled (%s)',
  async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(keys, forecasts, async (sequence, forecast) => {
        const { log, delivered } = await put(sequence, forecast, { ...options, linger: 10 });
        expect(delivered).toBe(sequence.length);
        expect(new Set(log)).toEqual(new Set(sequence.map((key, index) => `${key}:${index}`)));
      }),
      { numRuns: 100 },
    );
  },
  60_000,
);
