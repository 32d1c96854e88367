import { getReferencesInExpression, parse } from '@cdktf/hcl2json';
import { expect, test } from 'vitest';

import { terraformModule, type Template } from '../../src/index.ts';
import { stacks } from '../support/stacks.ts';
import { checkAgainstProvider, checkReferences } from './provider.ts';

type Parsed = Record<string, unknown>;

const parseModule = async (template: Template): Promise<Parsed> => {
  const files = Object.entries(terraformModule(template));
  const parsed = await Promise.all(files.map(([name, text]) => parse(name, text) as Promise<Parsed>));
  return Object.assign({}, ...parsed) as Parsed;
};

test.each(stacks)(
  'of the %s module the AWS provider knows every argument, and misses none',
  async (_name, template) => {
    expect(checkAgainstProvider(await parseModule(template))).toEqual([]);
  },
);

test.each(stacks)(
  'in the %s module every reference is declared, and names an attribute that exists',
  async (_name, template) => {
    const parsed = await parseModule(template);
    const text = JSON.stringify(parsed['resource']);
    const expressions = new Set<string>(
      [...text.matchAll(/"((?:[^"\\]|\\.)*\$\{(?:[^"\\]|\\.)*)"/g)].map(
        ([, one = '']) => JSON.parse(`"${one}"`) as string,
      ),
    );
    const references: string[] = [];
    for (const expression of expressions) {
      for (const { value } of await getReferencesInExpression('main.tf', expression)) references.push(value);
    }
    expect(references.length).toBeGreaterThan(3);
    expect(checkReferences(references, parsed)).toEqual([]);
  },
);

test('the check itself finds an unknown, a missing and a mistyped argument, and a wrong reference', async () => {
  const parsed = (await parse(
    'main.tf',
    'resource "aws_kinesis_stream" "a" {\n  shard_count = "two"\n  shards = 2\n}\n',
  )) as Parsed;
  expect(checkAgainstProvider(parsed)).toEqual([
    'aws_kinesis_stream.a.name: missing',
    'aws_kinesis_stream.a.shard_count: string for number',
    'aws_kinesis_stream.a.shards: no such argument',
  ]);
  expect(checkReferences(['var.x', 'aws_kinesis_stream.a.arm', 'aws_kinesis_stream.a.arn'], parsed)).toEqual([
    'var.x',
    'aws_kinesis_stream.a.arm',
  ]);
});
