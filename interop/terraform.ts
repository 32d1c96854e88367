import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { classicKinds, classicStack, terraformModule, type TerraformModule } from '@millrace/infra';

import type { Client } from './client.ts';
import { installTofu } from './tofu.ts';

const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'interop-terraform');
const schema = join(
  import.meta.dirname,
  '..',
  'packages',
  'infra',
  'test',
  'terraform',
  'provider-schema.json',
);
const commandLineConfig = join(folder, 'terraform.rc');

/** Either: their language is the same as far as we write it. */
const installed = ['terraform', 'tofu'].find((name) => spawnSync(name, ['version']).status === 0);

let binary = installed ?? '';

/** What must be given, for each module; it has defaults for the rest. */
const variables = {
  lambda: ['stream_name=orders', 'alarm_email=ops@example.com', 'code_bucket=builds', 'code_key=billing.zip'],
  consumer: ['stream_name=orders', 'alarm_email=ops@example.com', 'group=billing'],
} as const;

/** What a module must not get through with: what is changed in its `main.tf`, and what is said of it. */
const mistakes = [
  ['an argument nobody knows', /shard_count /, 'shards ', /An argument named "shards" is not expected here/],
  ['a wrong type', /= var\.shard_count/, '= "two"', /Inappropriate value for attribute "shard_count"/],
  ['a missing argument', /\n {2}name +=.*var\.stream_name/, '', /The argument "name" is required/],
  ['a missing block argument', /stream_mode = .*/, '', /The argument "stream_mode" is required/],
  [
    'a list for a text',
    /= var\.stream_name/,
    '= [var.stream_name]',
    /Inappropriate value for attribute "name"/,
  ],
  [
    'an attribute nobody knows',
    /stream\.arn\b/,
    'stream.arm',
    /This object has no argument, nested block, or exported/,
  ],
  ['a variable nobody declared', /var\.shard_count/, 'var.shards', /Reference to undeclared input variable/],
  [
    'a resource nobody declared',
    /aws_kinesis_stream\.stream\.arn/,
    'aws_kinesis_stream.other.arn',
    /undeclared resource/,
  ],
] as const;

/**
 * Terraform (or OpenTofu) reads the modules we ship, would not format them otherwise, validates and plans them. The AWS
 * provider stands in for itself: a small one of ours that has its schema, and nothing else. So it is shown that every
 * argument exists, has the right type and is there when it is required, that expressions and references hold and that
 * variables are judged as they say; what only the real provider knows (which values it allows, which arguments exclude
 * each other) and what AWS makes of it is not.
 */
export const terraform: Client = {
  name: 'terraform',
  prepare() {
    mkdirSync(folder, { recursive: true });
    if (spawnSync('go', ['version']).status !== 0) return 'there is no go to build the provider with';
    const notBuilt = buildProvider();
    if (notBuilt !== undefined || installed !== undefined) return notBuilt;
    const tofu = installTofu(folder);
    if ('missing' in tofu) return `neither terraform nor tofu is installed, and ${tofu.missing}`;
    binary = tofu.program;
    return undefined;
  },
  async run() {
    for (const kind of classicKinds) {
      const module = terraformModule(classicStack(kind));
      await inFolder(module, (path) => {
        succeeds(path, ['fmt', '-check', '-diff']);
        succeeds(path, ['validate']);
        succeeds(path, plan(kind));
        fails(path, plan(kind, 'shard_count=0'), /shard_count must be from 1 to 20000/);
        fails(path, plan(kind, 'environment=moon'), /environment must be one of/);
      });
      for (const [mistake, text, instead, message] of mistakes) {
        const broken = module['main.tf'].replace(text, instead);
        assert.notEqual(broken, module['main.tf'], `${mistake} in ${kind}: nothing was changed`);
        await inFolder({ ...module, 'main.tf': broken }, (path) => fails(path, ['validate'], message));
      }
    }
    await inFolder(terraformModule(classicStack('lambda')), (path) => {
      const filtered = succeeds(path, plan('lambda', 'filter_pattern={"data":{"type":["order"]}}'));
      assert.match(filtered, /\+ filter_criteria/);
      assert.doesNotMatch(succeeds(path, plan('lambda')), /\+ filter_criteria/);
      fails(
        path,
        plan('lambda', 'filter_pattern={"partitionKey":["a"]}'),
        /filter_pattern must be text that matches/,
      );
    });
  },
};

function buildProvider(): string | undefined {
  const built = spawnSync('go', ['build', '-o', join(folder, 'terraform-provider-aws'), '.'], {
    cwd: join(import.meta.dirname, 'terraform-provider'),
    encoding: 'utf8',
  });
  writeFileSync(
    commandLineConfig,
    `provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = ${JSON.stringify(folder)}\n  }\n  direct {}\n}\n`,
  );
  if (built.status === 0) return undefined;
  // Without a way to its modules it cannot run here; a provider that does not compile is a failure.
  if (/dial tcp|lookup |no such host|module lookup disabled/.test(built.stderr)) {
    return `the provider cannot be built: ${built.stderr.trim().split('\n').at(-1) ?? ''}`;
  }
  throw new Error(`go build failed: ${built.stderr.trim()}`);
}

async function inFolder(module: TerraformModule, use: (path: string) => void): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-terraform-'));
  try {
    for (const [name, text] of Object.entries(module)) await writeFile(join(path, name), text);
    use(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

function plan(kind: keyof typeof variables, ...more: readonly string[]): readonly string[] {
  return [
    'plan',
    '-refresh=false',
    '-input=false',
    ...[...variables[kind], ...more].map((one) => `-var=${one}`),
  ];
}

function succeeds(path: string, args: readonly string[]): string {
  const { status, output } = run(path, args);
  assert.equal(status, 0, `${binary} ${args.join(' ')}: ${output}`);
  return output;
}

function fails(path: string, args: readonly string[], message: RegExp): void {
  const { status, output } = run(path, args);
  assert.notEqual(status, 0, `${binary} ${args.join(' ')} took it`);
  assert.match(output, message);
}

function run(
  path: string,
  args: readonly string[],
): { readonly status: number | null; readonly output: string } {
  const [command = '', ...rest] = args;
  const ran = spawnSync(binary, [`-chdir=${path}`, command, '-no-color', ...rest], {
    encoding: 'utf8',
    timeout: 120_000,
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      MILLRACE_PROVIDER_SCHEMA: schema,
      TF_CLI_CONFIG_FILE: commandLineConfig,
    },
  });
  // Messages are broken into lines.
  return { status: ran.status, output: `${ran.stdout}${ran.stderr}`.replaceAll(/\s+/g, ' ') };
}
