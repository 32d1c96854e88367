import { rawStream } from '@millrace/kinesis';
import { createProducer } from '@millrace/kinesis/producer';
import { createManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

import { createFakeWriter } from './fake-writer.ts';

const clicks = rawStream('clicks');
const record = (partitionKey: string, text = 'x'): { partitionKey: string; data: Uint8Array } => ({
  partitionKey,
  data: new TextEncoder().encode(text),
});

test.each([
  ['an empty partition key', record(''), { path: 'partitionKey', got: 0 }],
  ['a partition key of 257 characters', record('é'.repeat(257)), { path: 'partitionKey', got: 257 }],
  [
    'an explicit hash key that is not decimal',
    { ...record('k'), explicitHashKey: '0x10' },
    { path: 'explicitHashKey' },
  ],
  [
    'an explicit hash key of 2^128',
    { ...record('k'), explicitHashKey: String(2n ** 128n) },
    { path: 'explicitHashKey' },
  ],
  ['a record over 1 MiB', record('k', 'v'.repeat(1_048_576)), { path: 'data', got: 1_048_577 }],
])('%s is refused before it is sent', async (_name, bad, details) => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock });
  await expect(producer.put(bad)).rejects.toMatchObject({ code: 'RECORD_INVALID', details });
  expect(writer.calls).toHaveLength(0);
  expect(clock.pending).toBe(0);
});

test('a partition key of 256 characters outside the basic plane is taken', async () => {
  const clock = createManualClock();
  const writer = createFakeWriter();
  const producer = createProducer(clicks, { writer }, { clock, linger: 0 });
  const receipt = producer.put(record('😀'.repeat(256)));
  await clock.advance(1);
  await expect(receipt).resolves.toMatchObject({ attempts: 1 });
});

test.each([
  ['ordering', { ordering: 'global' }],
  ['maxInFlight', { maxInFlight: 0 }],
  ['linger', { linger: 'soon' }],
  ['maxRecordBytes', { maxRecordBytes: 20_000_000 }],
])('an option %s that cannot be used is refused by name', (name, options) => {
  expect(() => createProducer(clicks, { writer: createFakeWriter() }, options as object)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      details: expect.objectContaining({ path: `producer.${name}` }),
    }),
  );
});
