import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test, vi } from 'vitest';

import { cloudFormationTemplate, createStack, stackSource, type StackOptions } from '../../src/index.ts';

vi.setConfig({ testTimeout: 60_000 });

const options: StackOptions = {
  stream: { name: 'orders', shards: 2, retentionHours: 48 },
  processors: {
    billing: {
      function: { code: { bucket: 'builds', key: 'billing.zip' }, timeoutSeconds: 30 },
      batchSize: 10,
    },
  },
  services: { workers: { group: 'ledger' } },
  notify: { email: 'ops@example.com' },
};

test('the source generated for the CDK runs, and makes as many resources of each type as the template has', async () => {
  const folder = mkdtempSync(fileURLToPath(new URL('generated-', import.meta.url)));
  try {
    const file = join(folder, 'stack.ts');
    writeFileSync(file, stackSource(options).replace("'@millrace/infra/cdk'", "'../../../src/cdk/index.ts'"));
    const made = (await import(pathToFileURL(file).href)) as {
      OrdersStack: new (app: App, id: string) => Stack;
    };
    const template = Template.fromStack(new made.OrdersStack(new App(), 'Orders')).toJSON();
    expect(typesOf(template)).toEqual(typesOf(cloudFormationTemplate(createStack(options))));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function typesOf(template: object): readonly string[] {
  const { Resources } = template as { Resources: Record<string, { Type: string }> };
  return Object.values(Resources)
    .map(({ Type }) => Type)
    .toSorted();
}
