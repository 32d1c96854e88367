import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import Ajv from 'ajv';
import { expect, test } from 'vitest';

import { checkFiles, toSarif } from '../../src/rules/index.ts';

const require = createRequire(import.meta.url);
/** The schema of SARIF 2.1.0 that Microsoft's SDK carries; OASIS's first errata differ from it in a few types alone. */
const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as object;
const draft4 = require('ajv/lib/refs/json-schema-draft-04.json') as object;

const ajv = new Ajv({ schemaId: 'auto', allErrors: true, format: 'full' });
ajv.addMetaSchema(draft4);
const validate = ajv.compile(schema);
const errorsOf = (log: unknown): unknown => (validate(log) === true ? [] : validate.errors);

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

const logOf = async (files: readonly { file: string; text: string }[]): Promise<object> =>
  toSarif(await checkFiles(files), '1.2.3');

test.each([
  ['classic.yaml', fixture('classic.yaml')],
  ['classic.tf', fixture('classic.tf')],
  ['nothing.yaml', 'Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n'],
  ['broken.yaml', 'Resources: ['],
  [
    'suppressed.yaml',
    'Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: q } # millrace:ignore KST017 -- meant\n',
  ],
  ['/an absolute/päth/with #?%.yaml', fixture('classic.yaml')],
  [String.raw`C:\stacks\template.yaml`, fixture('classic.yaml')],
])('what is found in %s is a log by the schema of SARIF 2.1.0', async (file, text) => {
  expect(errorsOf(await logOf([{ file, text }]))).toEqual([]);
});

test.each([
  ['infra/my stack.yaml', 'infra/my%20stack.yaml'],
  ['/srv/template.yaml', 'file:///srv/template.yaml'],
  [String.raw`C:\stacks\template.yaml`, 'file:///C:/stacks/template.yaml'],
  [String.raw`infra\template.yaml`, 'infra/template.yaml'],
])('the file %s is %s in the log', async (file, uri) => {
  const text = JSON.stringify(await logOf([{ file, text: fixture('classic.yaml') }]));
  expect(new Set([...text.matchAll(/"uri":"([^"]+)"/g)].map(([, one]) => one))).toEqual(new Set([uri]));
});

test('the schema would not take just anything', async () => {
  const log = await logOf([{ file: 'classic.yaml', text: fixture('classic.yaml') }]);
  const text = JSON.stringify(log);
  for (const [right, wrong] of [
    ['"level":"error"', '"level":"fatal"'],
    ['"startLine":7', '"startLine":0'],
    ['"physicalLocation":', '"place":'],
    ['"columnKind":"utf16CodeUnits"', '"columnKind":"bytes"'],
    ['"version":"2.1.0"', '"version":"2.0.0"'],
  ] as const) {
    expect(text).toContain(right);
    expect(errorsOf(JSON.parse(text.replace(right, wrong)))).not.toEqual([]);
  }
});
