import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Policy } from '../../../src/api/policy/policy.ts';
import type { PolicyRequest } from '../../../src/api/policy/policy-document.ts';

const stream = 'arn:aws:kinesis:us-east-1:111122223333:stream/orders';
const request = (more: Partial<PolicyRequest> = {}): PolicyRequest => ({
  action: 'kinesis:PutRecords',
  resource: stream,
  context: { 'aws:requestedregion': 'us-east-1', 'aws:currenttime': '2026-11-27T00:00:00Z' },
  ...more,
});
const allow = (statement: object): Policy =>
  new Policy({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement },
  });

test('what no statement allows is not allowed, and a Deny wins over every Allow', () => {
  const policy = new Policy({
    Statement: [
      { Effect: 'Allow', Action: 'kinesis:*', Resource: '*' },
      { Effect: 'Deny', Action: 'kinesis:Delete*', Resource: stream },
    ],
  });
  expect(policy.decide(request())).toBe('allowed');
  expect(policy.decide(request({ action: 'kinesis:DeleteStream' }))).toBe('denied');
  expect(policy.decide(request({ action: 'kinesis:DeleteStream', resource: `${stream}2` }))).toBe('allowed');
  expect(policy.decide(request({ action: 'dynamodb:GetItem' }))).toBe('not-allowed');
});

test.each([
  [{ Action: 'kinesis:PutRecords' }, true],
  [{ Action: 'KINESIS:putrecords' }, true],
  [{ Action: 'kinesis:Put*' }, true],
  [{ Action: 'kinesis:PutRecord?' }, true],
  [{ Action: 'kinesis:PutRecord' }, false],
  [{ Action: ['s3:*', 'kinesis:*Records'] }, true],
  [{ Action: undefined, NotAction: 'kinesis:Get*' }, true],
  [{ Action: undefined, NotAction: 'kinesis:Put*' }, false],
  [{ Resource: stream }, true],
  [{ Resource: stream.toUpperCase().replace('ARN:', 'arn:') }, false],
  [{ Resource: 'arn:aws:kinesis:*:*:stream/ord*' }, true],
  [{ Resource: 'arn:aws:kinesis:*:*:stream/order' }, false],
  [{ Resource: 'arn:aws:kinesis:us-east-?:*:stream/orders' }, true],
  [{ Resource: undefined, NotResource: `${stream}/*` }, true],
  [{ Resource: undefined, NotResource: stream }, false],
])('%j applies: %s', (statement, applies) => {
  expect(allow(statement).decide(request())).toBe(applies ? 'allowed' : 'not-allowed');
});

test.each([
  [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, true],
  [{ StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } }, true],
  [{ StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } }, false],
  [{ StringLike: { 'aws:RequestedRegion': 'us-*' } }, true],
  [{ StringNotLike: { 'aws:RequestedRegion': 'us-*' } }, false],
  [{ StringEqualsIgnoreCase: { 'AWS:requestedregion': 'US-EAST-1' } }, true],
  [{ StringEquals: { 'kms:ViaService': 'kinesis' } }, false],
  [{ StringEqualsIfExists: { 'kms:ViaService': 'kinesis' } }, true],
  [{ StringNotEquals: { 'kms:ViaService': 'kinesis' } }, true],
  [{ Null: { 'kms:ViaService': 'true' } }, true],
  [{ Null: { 'aws:RequestedRegion': 'true' } }, false],
  [{ DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } }, true],
  [{ DateGreaterThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } }, false],
  [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' }, Null: { 'aws:RequestedRegion': 'true' } }, false],
])('the condition %j holds: %s', (condition, holds) => {
  expect(allow({ Condition: condition }).decide(request())).toBe(holds ? 'allowed' : 'not-allowed');
});

test.each([
  [undefined, 'OPTION_INVALID', 'policy'],
  [[], 'OPTION_INVALID', 'policy'],
  [{}, 'OPTION_INVALID', 'policy.Statement[0]'],
  [{ Statement: [], Version: '2013-01-01' }, 'OPTION_INVALID', 'policy.Version'],
  [{ Statement: [], Extra: 1 }, 'OPTION_INVALID', 'policy.Extra'],
  [
    { Statement: [{ Effect: 'allow', Action: '*', Resource: '*' }] },
    'OPTION_INVALID',
    'policy.Statement[0].Effect',
  ],
  [{ Statement: [{ Effect: 'Allow', Resource: '*' }] }, 'OPTION_INVALID', 'policy.Statement[0]'],
  [
    { Statement: [{ Effect: 'Allow', Action: '*', NotAction: '*', Resource: '*' }] },
    'OPTION_INVALID',
    'policy.Statement[0]',
  ],
  [
    { Statement: [{ Effect: 'Allow', Action: 'PutRecords', Resource: '*' }] },
    'OPTION_INVALID',
    'policy.Statement[0].Action',
  ],
  [
    { Statement: [{ Effect: 'Allow', Action: [], Resource: '*' }] },
    'OPTION_INVALID',
    'policy.Statement[0].Action',
  ],
  [
    { Statement: [{ Effect: 'Allow', Action: '*', Resource: 'orders' }] },
    'OPTION_INVALID',
    'policy.Statement[0].Resource',
  ],
  [
    { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Principal: '*' }] },
    'OPTION_INVALID',
    'policy.Statement[0].Principal',
  ],
  [
    { Statement: [{ Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::${aws:username}' }] },
    'NOT_EMULATED',
    'policy.Statement[0].Resource',
  ],
  [
    {
      Statement: [
        {
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { IpAddress: { 'aws:RequestedRegion': 'x' } },
        },
      ],
    },
    'NOT_EMULATED',
    'policy.Statement[0].Condition.IpAddress',
  ],
  [
    {
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:SourceIp': 'x' } } },
      ],
    },
    'NOT_EMULATED',
    'policy.Statement[0].Condition.StringEquals.aws:SourceIp',
  ],
  [
    {
      Statement: [
        {
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { 'ForAnyValue:StringEquals': { 'aws:username': 'x' } },
        },
      ],
    },
    'NOT_EMULATED',
    'policy.Statement[0].Condition.ForAnyValue:StringEquals',
  ],
])('%j is refused with %s, naming %s', (document, code, path) => {
  expect(() => new Policy(document)).toThrow(
    expect.objectContaining({ code, details: expect.objectContaining({ path }) as unknown }),
  );
});

test('an empty list of statements allows nothing', () => {
  expect(new Policy({ Statement: [] }).decide(request())).toBe('not-allowed');
});

test('a pattern matches what a naive matcher says it does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/', '$'), maxLength: 8 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/', '*', '?'), maxLength: 6 });
  const naive = (pattern: string, text: string): boolean => {
    if (pattern === '') return text === '';
    const [first = '', rest] = [pattern[0], pattern.slice(1)];
    if (first === '*') return naive(rest, text) || (text !== '' && naive(pattern, text.slice(1)));
    return text !== '' && (first === '?' || first === text[0]) && naive(rest, text.slice(1));
  };
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      const policy = allow({ Resource: `arn:${pattern}` });
      const decided = policy.decide(request({ resource: `arn:${text}` })) === 'allowed';
      expect(decided).toBe(naive(pattern, text));
    }),
  );
});

test('no document makes it throw anything but a MillraceError', () => {
  fc.assert(
    fc.property(
      fc.object({
        key: fc.constantFrom('Version', 'Statement', 'Effect', 'Action', 'Resource', 'Condition', 'x'),
        maxDepth: 4,
      }),
      (document) => {
        const attempt = (): unknown => {
          try {
            return new Policy(document).decide(request());
          } catch (error) {
            return (error as { code?: unknown }).code;
          }
        };
        expect(['allowed', 'denied', 'not-allowed', 'OPTION_INVALID', 'NOT_EMULATED']).toContain(attempt());
      },
    ),
  );
});
