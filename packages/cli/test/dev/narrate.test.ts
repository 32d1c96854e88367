import type { FunctionEvent, MappingEvent } from '@millrace/local';
import { expect, test } from 'vitest';

import { narrateFunction, narrateMapping, type NarrateOptions } from '../../src/dev/narrate.ts';
import { createPaint } from '../../src/io/paint.ts';

const options: NarrateOptions = {
  paint: createPaint(false),
  retries: 3,
  reportsFailures: true,
  memoryMb: 128,
  folder: './failures',
  verbose: false,
};
const place = { shardId: 'shardId-000000000007', lane: 0 };
const batch = { ...place, records: 3, first: '100', last: '102' };
const result = { ...batch, requestId: 'r', durationMs: 12.4, reportedFailures: false };

/** Of a window's last invocation. */
const ending = {
  ...place,
  records: 0,
  first: undefined,
  last: undefined,
  window: { start: '2026-01-01T07:04:00Z', end: '2026-01-01T07:06:00Z', final: true },
};

test.each<readonly [string | undefined, MappingEvent]>([
  [
    'shard-7 ▸ 3 records, the newest 250 ms old',
    { type: 'invoke', ...batch, attempt: 1, iteratorAgeMs: 250 },
  ],
  [
    'shard-7/2 ▸ 1 record, the newest 90.0 s old, attempt 2',
    { type: 'invoke', ...batch, lane: 2, records: 1, attempt: 2, iteratorAgeMs: 90_000 },
  ],
  [
    'shard-7 ▸ 0 records, window 07:04:00 to 07:06:00, its last',
    {
      type: 'invoke',
      ...place,
      records: 0,
      first: undefined,
      last: undefined,
      attempt: 1,
      iteratorAgeMs: 0,
      window: { start: '2026-01-01T07:04:00Z', end: '2026-01-01T07:06:00Z', final: true },
    },
  ],
  ['shard-7 ✓ done in 12 ms', { type: 'result', ...result, verdict: { type: 'done' } }],
  [
    'shard-7 ◐ 1 of 3 records done in 12 ms; the rest is not, from the record the response names (the last is …102)',
    { type: 'result', ...result, verdict: { type: 'partial', from: 1 } },
  ],
  [
    'shard-7 ✗ the response fails the whole batch (12 ms): an identifier is not of this batch, or it is no such response',
    { type: 'result', ...result, verdict: { type: 'failed' } },
  ],
  [
    'shard-7 ✗ TypeError: no\\x1b[2Jsuch (12 ms)',
    {
      type: 'result',
      ...result,
      verdict: { type: 'error', functionError: 'Unhandled' },
      error: { type: 'TypeError', message: 'no\u001b[2Jsuch' },
    },
  ],
  [
    'shard-7 ✗ throttled: Rate Exceeded.; this uses up no retry',
    { type: 'result', ...result, verdict: { type: 'refused', reason: 'Rate Exceeded.' } },
  ],
  ['shard-7 ↻ AWS tries 3 records again, attempt 2 of 4', { type: 'retry', ...batch, attempt: 2, at: 0 }],
  [
    'shard-7 ✗ gave up 3 records after 4 attempts (100 to 102); document and event are in ./failures',
    {
      type: 'drop',
      ...batch,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 4,
      destination: 'arn:aws:s3:::failures',
      delivered: true,
    },
  ],
  [
    'shard-7 ✗ gave up 1 record since they are too old (100); nobody keeps them: there is no --on-failure',
    {
      type: 'drop',
      ...batch,
      records: 1,
      last: '100',
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 1,
      destination: undefined,
      delivered: false,
    },
  ],
  [
    'shard-7 ✗ gave up the end of the window 07:04:00 to 07:06:00 after 1 attempt; document and event are in ./failures',
    {
      type: 'drop',
      ...ending,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 1,
      destination: 'arn:aws:s3:::failures',
      delivered: true,
    },
  ],
  [
    'shard-7 ↻ AWS tries the end of the window 07:04:00 to 07:06:00 again, attempt 2 of 4',
    { type: 'retry', ...ending, attempt: 2, at: 0 },
  ],
  ['shard-7 ⊘ 2 records filtered out', { type: 'polled', shardId: place.shardId, records: 3, filtered: 2 }],
  [undefined, { type: 'polled', shardId: place.shardId, records: 3, filtered: 0 }],
  ['shard-7 ended; its children are next', { type: 'shard', shardId: place.shardId, change: 'ended' }],
  ['shard-7 cannot read: throttled', { type: 'trouble', shardId: place.shardId, message: 'throttled' }],
  ['warning: wildcard', { type: 'warning', message: 'wildcard' }],
  [undefined, { type: 'state', state: 'Enabled' }],
])('says %j', (line, event) => {
  expect(narrateMapping(event, options)).toBe(line);
});

test('says that retries have no end when none was set', () => {
  const event: MappingEvent = { type: 'retry', ...batch, attempt: 9, at: 0 };
  expect(narrateMapping(event, { ...options, retries: -1 })).toBe(
    'shard-7 ↻ AWS tries 3 records again, attempt 9 until it succeeds or the records expire',
  );
});

test.each<readonly [string | undefined, FunctionEvent]>([
  ['  │ paid', { type: 'log', requestId: 'r', line: 'paid' }],
  [
    '  │ REPORT RequestId: r  Duration: 7.13 ms  Billed Duration: 58 ms  Memory Size: 128 MB  Max Memory Used: 61 MB  Init Duration: 50.00 ms',
    {
      type: 'report',
      requestId: 'r',
      durationMs: 7.126,
      initMs: 50,
      maxMemoryMb: 61,
      result: { type: 'response', response: null, requestId: 'r', durationMs: 7.126 },
    },
  ],
  ['  handler.ts was saved: the next invocation runs the new code', { type: 'reload', file: 'handler.ts' }],
  [undefined, { type: 'start', requestId: 'r' }],
])('says of the function %j', (line, event) => {
  expect(narrateFunction(event, options)).toBe(line);
});
