import { channel } from 'node:diagnostics_channel';

import { createProducer, MillraceError, rawStream, type ProducerOptions } from '@millrace/kinesis';
import type { Meter } from '@millrace/kinesis/runtime';
import { createManualClock } from '@millrace/kinesis/testing';
import { afterEach, expect, test } from 'vitest';

import { createFakeWriter, ok, throttled, type Behaviour } from './fake-writer.ts';

const stream = rawStream('clicks');
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Sums of what was measured, by name and labels other than the stream. */
function recordingMeter(): Meter & { readonly sums: Map<string, number[]> } {
  const sums = new Map<string, number[]>();
  const note = (name: string, value: number, labels: Readonly<Record<string, string>>): void => {
    const { stream: _, ...rest } = labels;
    const key = [name.replace('millrace.producer.', ''), ...Object.values(rest)].join(' ');
    sums.set(key, [...(sums.get(key) ?? []), value]);
  };
  return { sums, add: note, record: note };
}

function listen(name: string): unknown[] {
  const seen: unknown[] = [];
  const listener = (message: unknown): unknown => seen.push(message);
  channel(`millrace:producer:${name}`).subscribe(listener);
  cleanups.push(() => channel(`millrace:producer:${name}`).unsubscribe(listener));
  return seen;
}

async function put(count: number, behaviour: Behaviour, options: ProducerOptions = {}): Promise<void> {
  const clock = options.clock ?? createManualClock();
  const producer = createProducer(
    stream,
    { writer: createFakeWriter(behaviour) },
    { linger: 20, clock, ...options },
  );
  for (let n = 0; n < count; n++) void producer.put({ partitionKey: 'k', data: new Uint8Array(100) });
  const closing = producer.close();
  const manual = clock as ReturnType<typeof createManualClock>;
  await manual.settle();
  for (let steps = 0; manual.pending > 0 && steps < 1000; steps++) await manual.next();
  await closing;
}

test('what the KPL measures is measured: records, entries, buffering, retries, requests, outstanding bytes, errors', async () => {
  const meter = recordingMeter();
  const clock = createManualClock();
  const producer = createProducer(
    stream,
    {
      writer: createFakeWriter((entries, call) => entries.map(() => (call === 1 ? throttled() : ok()))),
    },
    { linger: 20, clock, meter, aggregation: 'key' },
  );
  for (let n = 0; n < 10; n++) void producer.put({ partitionKey: 'k', data: new Uint8Array(100) });
  await clock.advance(20);
  const closing = producer.close();
  while (clock.pending > 0) await clock.next();
  await closing;
  const { sums } = meter;
  expect(sums.get('records')).toEqual([10]);
  expect(sums.get('entries')).toEqual([1]);
  expect(sums.get('records_per_entry')).toEqual([10]);
  expect(sums.get('retries')).toEqual([1]);
  expect(sums.get('buffering_ms')).toEqual([20]);
  expect(sums.get('entries_per_request')).toEqual([1, 1]);
  expect(sums.get('request_ms')).toHaveLength(2);
  // Ten records of 100 bytes, their keys, and what each takes beside.
  expect(sums.get('outstanding_bytes')).toEqual([3570, 3570]);
  expect(sums.get('errors THROTTLED')).toEqual([10]);
  expect(sums.get('entry_bytes')?.[0]).toBeGreaterThan(1000);
  expect(sums.has('lost PUT_DEADLINE')).toBe(false);
});

test('each lost record is counted by the code of its error', async () => {
  const meter = recordingMeter();
  await put(3, (entries) => entries.map(() => throttled()), { meter, deadline: 500 });
  expect(meter.sums.get('lost PUT_DEADLINE')).toEqual([1, 1, 1]);
});

test('requests, failed calls and lost records are told on the diagnostics channels', async () => {
  const [requests, failures, lost] = [listen('request'), listen('request-failed'), listen('undeliverable')];
  const gone = new MillraceError('ENDPOINT_UNREACHABLE', 'Gone.', { advice: 'Wait.', retryable: true });
  await put(2, (entries, call) => {
    if (call === 1) throw gone;
    return entries.map((_, index) =>
      index === 0 ? ok() : { ok: false, code: 'AccessDeniedException', message: 'no' },
    );
  });
  expect(failures).toEqual([{ stream: 'clicks', entries: 2, error: gone }]);
  expect(requests).toEqual([{ stream: 'clicks', entries: 2, refused: 1 }]);
  expect(lost).toEqual([{ stream: 'clicks', error: expect.objectContaining({ code: 'PUT_REJECTED' }) }]);
});

test('a sink that fails is told, with its own error', async () => {
  const failed = listen('sink-failed');
  const full = new Error('disk full');
  await put(1, (entries) => entries.map(() => throttled()), {
    deadline: 100,
    onUndeliverable: () => Promise.reject(full),
  });
  expect(failed).toEqual([{ stream: 'clicks', error: full }]);
});
