import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';

let folder = '';
const path = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-check-'));
  const files = {
    'bad.yaml': `Resources:
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: arn:aws:kinesis:us-east-1:111122223333:stream/orders
      StartingPosition: LATEST
`,
    'good.yaml': 'Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n',
    'noted.yaml': 'Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: orders }\n',
    'open.yaml': `Parameters: { From: { Type: String } }
Resources:
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: arn:aws:kinesis:us-east-1:111122223333:stream/orders
      StartingPosition: !Ref From
`,
    'broken.yaml': 'Resources: [\n',
    'notes.yaml': 'hello: world\n',
    'module/main.tf': 'resource "aws_kinesis_stream" "orders" {\n  name = var.name\n}\n',
    'module/variables.tf': 'variable "name" {\n  type = string\n}\n',
    'cdk.out/Orders.template.json': '{"Resources":{"Stream":{"Type":"AWS::Kinesis::Stream"}}}',
    'cdk.out/manifest.json': '{"version":"36.0.0"}',
    'node_modules/x/bad.yaml': 'Resources: { A: { Type: AWS::Kinesis::Stream } }\n',
    'empty/readme.md': 'nothing\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path(name.split('/').slice(0, -1).join('/')), { recursive: true });
    writeFileSync(path(name), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a finding says where, what can be lost and what to do, and the exit code is 7', async () => {
  const { code, stdout, stderr } = await runCli([
    'check',
    path('bad.yaml'),
    '-o',
    'text',
    '--severity',
    'error',
  ]);
  expect(code).toBe(7);
  expect(stdout).toContain(`${path('bad.yaml')}:6:7  error  KST003 mapping-starts-at-latest  Mapping`);
  expect(stdout).toContain('  lost: Records written before it is up are never read');
  expect(stdout).toContain('  fix:  Set StartingPosition to TRIM_HORIZON');
  expect(stderr).toBe('2 errors in 1 file\n');
});

test('nothing found is 0, and says so on stderr alone', async () => {
  expect(await runCli(['check', path('good.yaml')])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'nothing found in 1 file\n',
  });
});

test('--severity says what is shown and counts', async () => {
  const all = await runCli(['check', path('bad.yaml')]);
  const errors = await runCli(['check', path('bad.yaml'), '--severity', 'error']);
  expect(all.lines.map(({ severity }) => severity)).toContain('note');
  expect(new Set(errors.lines.map(({ severity }) => severity))).toEqual(new Set(['error']));
});

test('notes alone are shown and exit with 0, unless --severity note makes them count', async () => {
  const shown = await runCli(['check', path('noted.yaml')]);
  expect(shown.lines.map(({ severity }) => severity)).toEqual(['note']);
  expect(shown.code).toBe(0);
  expect(shown.stderr).toBe('1 note in 1 file\n');
  expect((await runCli(['check', path('noted.yaml'), '--severity', 'note'])).code).toBe(7);
  expect(await runCli(['check', path('noted.yaml'), '--severity', 'warning'])).toMatchObject({
    code: 0,
    stdout: '',
  });
});

test('in a pipe each finding is a line of JSON, --json is one document, and --sarif a log', async () => {
  const { lines } = await runCli(['check', path('bad.yaml')]);
  expect(lines[0]).toMatchObject({
    ruleId: expect.any(String) as unknown,
    file: path('bad.yaml'),
    line: 2,
    column: 3,
  });
  const json = await runCli(['check', path('bad.yaml'), '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    findings: lines,
    cannotTell: [],
    suppressed: [],
    checked: [path('bad.yaml')],
  });
  const sarif = await runCli(['check', path('bad.yaml'), '--sarif']);
  expect(sarif.code).toBe(7);
  expect(JSON.parse(sarif.stdout)).toMatchObject({
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'millrace' } } }],
  });
});

test('what cannot be told is counted, and listed with --verbose, but is no finding', async () => {
  const quiet = await runCli(['check', path('open.yaml'), '-o', 'text', '--severity', 'error']);
  expect(quiet.stdout).not.toContain('KST003');
  expect(quiet.stderr).toMatch(/\d cannot be told \(--verbose\)/);
  const verbose = await runCli(['check', path('open.yaml'), '-o', 'text', '--verbose']);
  expect(verbose.stdout).toContain(`${path('open.yaml')}:7:7  cannot tell  KST003`);
  expect(verbose.stdout).toContain('the parameter From has no default');
});

test('a folder is searched for templates, modules and the output of the CDK, but not what others wrote', async () => {
  const { lines } = await runCli(['check', folder]);
  const files = new Set(lines.map(({ file }) => String(file).slice(folder.length + 1)));
  expect(files).toEqual(
    new Set([
      'bad.yaml',
      'broken.yaml',
      'cdk.out/Orders.template.json',
      'module/main.tf',
      'noted.yaml',
      'open.yaml',
    ]),
  );
});

test('a Terraform file is read with its module, which is not judged with it', async () => {
  const { lines } = await runCli(['check', path('module/main.tf')]);
  expect(lines.map(({ ruleId }) => ruleId)).not.toContain('KST034');
  expect(new Set(lines.map(({ file }) => file))).toEqual(new Set([path('module/main.tf')]));
});

test.each([
  ['broken.yaml', 7, 'KST000'],
  ['notes.yaml', 7, 'It is no template'],
  ['missing.yaml', 3, 'cannot be read'],
  ['empty', 2, 'There is no template in'],
])('%s ends with exit code %i and a clear word', async (name, code, word) => {
  const result = await runCli(['check', path(name), '-o', 'text']);
  expect(result.code).toBe(code);
  expect(result.stdout + result.stderr).toContain(word);
  expect(result.stdout + result.stderr).not.toMatch(/\n\s+at /);
});

test('what a template is called cannot move the cursor of a terminal', async () => {
  const name = path('e\u001b[2Jvil.yaml');
  writeFileSync(name, 'Resources: [\n');
  const { stdout } = await runCli(['check', name, '-o', 'text']);
  rmSync(name);
  expect(stdout).toContain(String.raw`e\x1b[2Jvil.yaml`);
});
