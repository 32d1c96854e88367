import {
  classicKinds,
  classicStack,
  createStack,
  type StackOptions,
  type Template,
} from '../../src/index.ts';

const code = { bucket: 'builds', key: 'billing.zip' };

/** Every option at least once. */
export const fullOptions: StackOptions = {
  stream: {
    name: 'orders',
    shards: 4,
    retentionHours: 48,
    maxRecordKiB: 2048,
    kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/7a3f1c52-0000-4000-8000-000000000000',
    shardMetrics: 'all',
    tags: { team: 'billing' },
  },
  processors: {
    billing: {
      function: { code, reservedConcurrency: 12, tracing: true, environment: { STAGE: 'test' } },
      from: '2026-11-23T10:00:00Z',
      batchSize: 500,
      batchWindowSeconds: 5,
      parallelization: 3,
      maxRetries: 3,
      maxRecordAgeSeconds: 3600,
      filters: [{ data: { type: ['order'], total: [{ numeric: ['>', 100] }] } }],
      failures: 'bucket',
      fanOut: true,
    },
    search: {
      existing: { functionName: 'search', roleName: 'search-role' },
      tumblingWindowSeconds: 60,
      failures: { topicArn: 'arn:aws:sns:us-east-1:111122223333:failures' },
      enabled: false,
    },
  },
  services: {
    ledger: { group: 'ledger', fanOut: 'ledger', kclTables: true, metricsNamespace: 'Shop' },
    audit: { group: 'audit', principal: 'ec2.amazonaws.com' },
  },
  notify: { email: 'ops@example.com' },
  expectsTraffic: true,
};

/** Every choice that loses records, spelled out. */
export const unsafeOptions: StackOptions = {
  stream: {
    name: 'orders',
    encrypted: false,
    retain: false,
    unsafe: { unencrypted: true, deleteWithStack: true },
  },
  processors: {
    billing: {
      function: { code },
      from: 'now',
      bisect: false,
      reportBatchItemFailures: false,
      maxRetries: -1,
      maxRecordAgeSeconds: -1,
      failures: 'none',
      unsafe: {
        skipExistingRecords: true,
        ignorePartialFailures: true,
        condemnWholeBatches: true,
        blockShards: true,
        dropFailedRecords: true,
      },
    },
  },
  notify: { unsafe: { silent: true } },
};

/** What validators are shown: the shipped stacks, and one with every option. */
export const stacks: readonly (readonly [string, Template])[] = [
  ...classicKinds.map((kind) => [kind, classicStack(kind)] as const),
  ['full', createStack(fullOptions)],
  [
    'on-demand',
    createStack({
      stream: { name: 'clicks' },
      notify: { topicArn: 'arn:aws:sns:us-east-1:111122223333:ops' },
    }),
  ],
];
