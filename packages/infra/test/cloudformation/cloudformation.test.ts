import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';

import { cloudFormationTemplate, cloudFormationYaml, createStack } from '../../src/index.ts';
import { fullOptions, stacks } from '../support/stacks.ts';

// The CDK and the validators load slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const require = createRequire(import.meta.url);
const cdkRequire = createRequire(require.resolve('aws-cdk-lib'));
/** The part of `@aws/cloudformation-validate` used here; aws-cdk-lib brings it along. */
interface Validate {
  readonly CelEngine: new () => {
    validateStandard(
      file: unknown,
      config: object,
    ): {
      readonly diagnostics: readonly {
        readonly ruleId: string;
        readonly severity: string;
        readonly message: string;
        readonly startLine?: number;
      }[];
      free?(): void;
    };
    free(): void;
  };
  readonly TemplateFile: new (path: string) => unknown;
}
const { CelEngine, TemplateFile } = cdkRequire('@aws/cloudformation-validate') as Validate;

let folder = '';
let engine: InstanceType<Validate['CelEngine']> | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cloudformation-'));
  engine = new CelEngine();
});
afterAll(() => {
  engine?.free();
  rmSync(folder, { recursive: true });
});

const diagnose = (name: string, yaml: string): readonly string[] => {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, yaml);
  const { diagnostics = [] } = engine?.validateStandard(new TemplateFile(file), {}) ?? {};
  return diagnostics
    .filter(({ severity }) => !/info/i.test(severity))
    .map(({ ruleId, message, startLine }) => `${ruleId} line ${startLine ?? 0}: ${message}`);
};

test.each(stacks)(
  '@aws/cloudformation-validate finds nothing wrong with the %s template',
  (name, template) => {
    expect(diagnose(name, cloudFormationYaml(template))).toEqual([]);
  },
);

test('it would find something: an unknown property, and a number out of range', () => {
  const yaml = cloudFormationYaml(createStack(fullOptions));
  const broken = yaml.replace('BatchSize: 500', 'BatchSize: 10001').replace('ShardCount: 4', 'Shards: 4');
  expect(diagnose('broken', broken).map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining(['F3034', 'F3002']),
  );
});

const tag = (name: string, long: string): object => ({
  tag: `!${name}`,
  resolve: (text: string) => ({ [long]: name === 'GetAtt' ? text.split('.') : text }),
});

const call = (name: string): object => ({
  tag: `!${name}`,
  collection: 'seq',
  resolve: (seq: { toJSON: () => unknown }) => ({ [`Fn::${name}`]: seq.toJSON() }),
});

test.each(stacks)('the YAML of the %s template says what its JSON says', (_name, template) => {
  const read: unknown = parse(cloudFormationYaml(template), {
    customTags: [
      tag('Ref', 'Ref'),
      tag('Sub', 'Fn::Sub'),
      tag('GetAtt', 'Fn::GetAtt'),
      ...['If', 'Not', 'Equals'].map(call),
    ] as never,
  });
  expect(JSON.parse(JSON.stringify(read))).toEqual(cloudFormationTemplate(template));
});

const guard = join(
  dirname(require.resolve('@cdklabs/cdk-validator-cfnguard/package.json')),
  'bin',
  platform() === 'darwin' ? 'macos' : 'ubuntu',
  arch() === 'arm64' ? 'aarch64' : 'x86_64',
);
const rules = fileURLToPath(new URL('millrace.guard', import.meta.url));

const runGuard = (file: string): { readonly status: number | null; readonly output: string } => {
  const binary = join(guard, 'cfn-guard');
  const { status, stdout, stderr } = spawnSync(
    binary,
    ['validate', '-r', rules, '-d', file, '--show-summary', 'fail'],
    {
      encoding: 'utf8',
    },
  );
  return { status, output: `${stdout}${stderr}` };
};

test.each(stacks)('cfn-guard, the real one, passes the %s template', (name, template) => {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(cloudFormationTemplate(template)));
  expect(runGuard(file)).toMatchObject({ status: 0 });
});

test('cfn-guard fails a template with every trap in it', () => {
  const classic = readFileSync(new URL('../rules/fixtures/classic.yaml', import.meta.url), 'utf8');
  const file = join(folder, 'classic.yaml');
  writeFileSync(file, classic.replace(/^ +StreamEncryption:\n.*\n.*\n/m, ''));
  const { status, output } = runGuard(file);
  expect(status).toBe(19);
  for (const [, rule] of readFileSync(rules, 'utf8').matchAll(/^rule (\w+)/gm))
    expect(output).toContain(rule);
});
