import { expect, test } from 'vitest';

import { redact } from '../../src/errors/redact.ts';

const env = {
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE',
};

test.each([
  ['key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY is wrong', 'wJalr'],
  ['token IQoJb3JpZ2luX2VjEXAMPLE', 'IQoJb3'],
  ['The key AKIAIOSFODNN7EXAMPLE is unknown', 'IOSFODNN7'],
  [
    'Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1, Signature=0123456789abcdef0123',
    '0123456789abcdef',
  ],
  ['{"X-Amz-Security-Token":"abcdefgh"}', 'abcdefgh'],
  ["secretAccessKey: 'hunter2hunter2'", 'hunter2'],
  ['http://user:hunter2@127.0.0.1:4567', 'hunter2'],
])('%s shows no secret', (text, secret) => {
  expect(redact(text, env)).not.toContain(secret);
});

test('other text is left alone, and made-up credentials are no secret', () => {
  const text = 'PutRecords on stream "orders" failed at http://127.0.0.1:4567/local.';
  expect(redact(text, { AWS_SECRET_ACCESS_KEY: 'local', AWS_ACCESS_KEY_ID: 'test' })).toBe(text);
});
