import { MillraceError } from '@millrace/kinesis';
import { expect, test } from 'vitest';

import { deadlineError, judgeCall, judgeEntry } from '../../src/producer/verdict.ts';

const entry = (code: string): MillraceError => judgeEntry('orders', { ok: false, code, message: 'no' });

test.each([
  ['ProvisionedThroughputExceededException', 'THROTTLED', true],
  ['KMSThrottlingException', 'THROTTLED', true],
  ['LimitExceededException', 'THROTTLED', true],
  ['InternalFailure', 'SERVICE_FAILED', true],
  ['ServiceUnavailable', 'SERVICE_FAILED', true],
  ['SomethingNew', 'SERVICE_FAILED', true],
  ['ValidationException', 'PUT_REJECTED', false],
  ['InvalidArgumentException', 'PUT_REJECTED', false],
  ['AccessDeniedException', 'PUT_REJECTED', false],
  ['ResourceNotFoundException', 'PUT_REJECTED', false],
  ['KMSDisabledException', 'PUT_REJECTED', false],
  ['KMSAccessDeniedException', 'PUT_REJECTED', false],
])('an entry refused with %s is %s, to be retried: %j', (service, code, retryable) => {
  expect(entry(service)).toMatchObject({ code, retryable, details: { stream: 'orders', service } });
  expect(entry(service).advice).not.toBe('');
});

test('a writer’s own error is the verdict; anything else it throws may pass', () => {
  const own = new MillraceError('ACCESS_DENIED', 'No.', { advice: 'Ask.', retryable: false });
  expect(judgeCall('orders', own)).toBe(own);
  expect(judgeCall('orders', new TypeError('oops'))).toMatchObject({
    code: 'SERVICE_FAILED',
    retryable: true,
    cause: expect.any(TypeError),
  });
});

test('a deadline says whether the record was ever sent, and what its last attempt failed with', () => {
  const last = entry('InternalFailure');
  expect(deadlineError('orders', 'ada', 3, last)).toMatchObject({
    code: 'PUT_DEADLINE',
    message: expect.stringContaining('SERVICE_FAILED'),
    details: { stream: 'orders', partitionKey: 'ada', attempts: 3 },
    cause: last,
  });
  expect(deadlineError('orders', 'ada', 0).message).toContain('it was never sent');
});
