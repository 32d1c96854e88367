import { expect, test } from 'vitest';

import { cloudFormationTemplate, createStack, terraformModule, type StackOptions } from '../../src/index.ts';
import { fullOptions, unsafeOptions } from '../support/stacks.ts';

const refusal = (options: unknown): unknown => {
  try {
    createStack(options as StackOptions);
  } catch (error) {
    return error;
  }
  return undefined;
};
const code = { bucket: 'b', key: 'k' };
const withProcessor = (processor: object): unknown =>
  refusal({
    stream: { name: 'orders', retentionHours: 24 },
    processors: { billing: { function: { code }, ...processor } },
  });

test('every choice that loses records is refused until it is spelled out, one by one', () => {
  const { stream, processors: { billing } = {} } = unsafeOptions;
  const permissions = [
    ...Object.keys(stream.unsafe ?? {}).map((name) => ['stream', name] as const),
    ...Object.keys(billing?.unsafe ?? {}).map((name) => ['billing', name] as const),
  ];
  expect(permissions).toHaveLength(7);
  expect(refusal(unsafeOptions)).toBeUndefined();
  for (const [where, name] of permissions) {
    const without = {
      ...unsafeOptions,
      stream: where === 'stream' ? { ...stream, unsafe: { ...stream.unsafe, [name]: false } } : stream,
      processors: {
        billing:
          where === 'billing' ? { ...billing, unsafe: { ...billing?.unsafe, [name]: false } } : billing,
      },
    };
    expect(refusal(without)).toMatchObject({
      code: 'OPTION_INVALID',
      advice: expect.stringContaining(`unsafe.${name}: true`) as unknown,
    });
  }
});

const groupAlarmsOf = (service: object): readonly string[] =>
  createStack({
    stream: { name: 'orders' },
    services: { ledger: { group: 'ledger', ...service } },
    notify: { email: 'ops@example.com' },
    maxLagMilliseconds: 5000,
  }).resources.flatMap(({ id, properties }) => (id.includes('Group') ? JSON.stringify(properties) : []));

test('the lag of a group has an alarm once its workers say where they measure, and a namespace of AWS is refused', () => {
  expect(groupAlarmsOf({})).toEqual([]);
  const [alarm = '', ...others] = groupAlarmsOf({ metricsNamespace: 'Shop' });
  expect(others).toEqual([]);
  expect(JSON.parse(alarm)).toMatchObject({
    Namespace: 'Shop',
    MetricName: 'millrace.consumer.behind_ms',
    Threshold: 5000,
    TreatMissingData: 'breaching',
  });
  expect(alarm).toContain('{"Name":"group","Value":"ledger"}');
  for (const metricsNamespace of ['AWS/Shop', ':', '', 3])
    expect(() => groupAlarmsOf({ metricsNamespace })).toThrow(/metricsNamespace/);
});

test('alarms that nobody hears of are refused until they are meant', () => {
  expect(refusal({ stream: { name: 'orders' }, notify: {} })).toMatchObject({
    code: 'OPTION_INVALID',
    advice: expect.stringContaining('notify.unsafe.silent: true') as unknown,
  });
});

test.each([
  [{ batchSize: 10_001 }, 'processors.billing.batchSize'],
  [{ batchWindowSeconds: 301 }, 'processors.billing.batchWindowSeconds'],
  [{ parallelization: 11 }, 'processors.billing.parallelization'],
  [{ maxRetries: 10_001 }, 'processors.billing.maxRetries'],
  [{ maxRecordAgeSeconds: 59 }, 'processors.billing.maxRecordAgeSeconds'],
  [{ maxRecordAgeSeconds: 86_400 }, 'processors.billing.maxRecordAgeSeconds'],
  [{ tumblingWindowSeconds: 60, parallelization: 2 }, 'processors.billing.parallelization'],
  [{ filters: [{ partitionKey: ['a'] }] }, 'processors.billing.filters[0]'],
  [{ from: 'yesterday' }, 'processors.billing.from'],
  [{ failures: { queueArn: 'arn:aws:sqs:us-east-1:111122223333:q.fifo' } }, 'processors.billing.failures'],
  [{ failures: { queueArn: 'arn:aws:sns:us-east-1:111122223333:t' } }, 'processors.billing.failures'],
  [{ failures: 'kafka' }, 'processors.billing.failures'],
  [{ function: { code, timeoutSeconds: 901 } }, 'processors.billing.function.timeoutSeconds'],
  [{ function: undefined }, 'processors.billing'],
  [{ batchsize: 5 }, 'processors.billing.batchsize'],
])('a processor with %j is refused, and the error names %s', (processor, path) => {
  expect(withProcessor(processor)).toMatchObject({ code: 'OPTION_INVALID', details: { path } });
});

test.each([
  [{}, 'stack.stream'],
  [{ stream: { name: 'no spaces' } }, 'stream.name'],
  [{ stream: { name: 'orders', shards: 0 } }, 'stream.shards'],
  [{ stream: { name: 'orders', retentionHours: 23 } }, 'stream.retentionHours'],
  [{ stream: { name: 'orders', shards: 2, distribution: 'auto' } }, 'stream.distribution'],
  [{ stream: { name: 'orders', maxRecordKiB: 10_241 } }, 'stream.maxRecordKiB'],
  [{ stream: { name: 'orders', kmsKey: 'alias/orders' } }, 'stream.kmsKey'],
  [{ stream: { name: 'orders', kmsKey: '7a3f1c52-0000-4000-8000-000000000000' } }, 'stream.kmsKey'],
  [{ stream: { name: 'orders' }, services: { a: { group: 'a b' } } }, 'services.a.group'],
  [{ stream: { name: 'orders' }, processor: {} }, 'stack.processor'],
  [{ stream: { name: 'orders' }, notify: { email: 'a@b', topicArn: 'arn' } }, 'notify'],
])('a stack with %j is refused, and the error names %s', (options, path) => {
  expect(refusal(options)).toMatchObject({ code: 'OPTION_INVALID', details: { path } });
});

test('reserved concurrency below shards times parallelization is refused: shards would starve', () => {
  expect(
    refusal({
      ...fullOptions,
      processors: { billing: { function: { code, reservedConcurrency: 11 }, parallelization: 3 } },
    }),
  ).toMatchObject({ details: { allowed: expect.stringContaining('at least 12') as unknown } });
});

test('defaults lose nothing: everything is read, reported, halved, bounded in age, and set aside', () => {
  const { Resources } = cloudFormationTemplate(
    createStack({ stream: { name: 'orders' }, processors: { billing: { function: { code } } } }),
  ) as { Resources: Record<string, { Properties: object }> };
  expect(Resources['BillingMapping']?.Properties).toMatchObject({
    StartingPosition: 'TRIM_HORIZON',
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 43_200,
    MetricsConfig: { Metrics: ['EventCount'] },
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['BillingFailureQueue', 'Arn'] } } },
  });
  expect(Resources['Stream']).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

test('what the AWS provider of Terraform cannot say is refused, not left out', () => {
  const template = createStack({ stream: { name: 'orders', distribution: 'auto' } });
  expect(() => terraformModule(template)).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('CloudFormation') as unknown,
    }),
  );
});
