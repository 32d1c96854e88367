import fc from 'fast-check';
import { expect, test } from 'vitest';

import { checkFiles, largestFile, rules, toSarif, type CheckResult } from '../../src/rules/index.ts';

const mapping = (properties: string): string => `Parameters:
  Position: { Type: String }
  Start: { Type: String, Default: LATEST }
Conditions:
  IsProd: !Equals [!Ref 'AWS::Region', eu-west-1]
Resources:
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: arn:aws:kinesis:us-east-1:111122223333:stream/orders
${properties}`;
const check = (text: string, file = 'template.yaml'): Promise<CheckResult> => checkFiles([{ file, text }]);
const found = ({ findings }: CheckResult, id: string): unknown =>
  findings.find(({ ruleId }) => ruleId === id);
const untold = ({ cannotTell }: CheckResult, id: string): unknown =>
  cannotTell.find(({ ruleId }) => ruleId === id);

test.each([
  ['LATEST', 'found'],
  ['!Ref Start', 'found'],
  ['{ Ref: Start }', 'found'],
  ["!Sub '${Start}'", 'found'],
  ["!Join ['', [LAT, EST]]", 'found'],
  ['!If [IsProd, TRIM_HORIZON, LATEST]', 'found'],
  ['{ "Fn::If": [IsProd, TRIM_HORIZON, !Ref Start] }', 'found'],
  ['TRIM_HORIZON', 'right'],
  ['!If [IsProd, TRIM_HORIZON, AT_TIMESTAMP]', 'right'],
  ['!Ref Position', 'untold'],
  ['!ImportValue Position', 'untold'],
  ["!FindInMap [Positions, !Ref 'AWS::Region', from]", 'untold'],
  ['!If [IsProd, TRIM_HORIZON, !Ref Position]', 'untold'],
])('StartingPosition: %s is %s', async (value, verdict) => {
  const result = await check(mapping(`      StartingPosition: ${value}\n`));
  expect(found(result, 'KST003') === undefined).toBe(verdict !== 'found');
  expect(untold(result, 'KST003') === undefined).toBe(verdict !== 'untold');
});

test('a property that one branch leaves out is found missing', async () => {
  const result = await check(
    mapping("      FunctionResponseTypes: !If [IsProd, [ReportBatchItemFailures], !Ref 'AWS::NoValue']\n"),
  );
  expect(found(result, 'KST001')).toMatchObject({ line: 11, column: 7 });
});

test('what is known only when it is deployed is said to be so, with the reason and the place', async () => {
  const result = await check(mapping('      StartingPosition: !Ref Position\n'));
  expect(untold(result, 'KST003')).toMatchObject({
    why: 'the parameter Position has no default',
    line: 11,
    resource: 'Mapping',
  });
});

const withPosition = (position: string): string => `
variable "literal" { default = "LATEST" }
variable "open" { type = string }
locals { start = var.literal }
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn  = "arn:aws:kinesis:us-east-1:111122223333:stream/orders"
  function_name     = "billing"
  starting_position = ${position}
}
`;

const withBlock = (block: string): string => `resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn               = "arn:aws:kinesis:us-east-1:111122223333:stream/orders"
  maximum_record_age_in_seconds  = 3600
  /* a comment with { and } */
  function_response_types = ["ReportBatchItemFailures"] # another }
  ${block}
}
`;

const withPolicy = (policy: string): string => `
resource "aws_kms_key" "k" {}
resource "aws_kinesis_stream" "s" {
  name            = "orders"
  encryption_type = "KMS"
  kms_key_id      = aws_kms_key.k.arn
}
resource "aws_iam_role" "r" { name = "r" }
resource "aws_iam_role_policy" "p" {
  role   = aws_iam_role.r.id
  policy = ${policy}
}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["kinesis:*", "kms:De*"]
    resources = ["*"]
  }
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.r.arn
}
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = aws_kinesis_stream.s.arn
  function_name    = aws_lambda_function.f.arn
}
`;

const encoded = (action: string): string =>
  `jsonencode({ Statement = [{ Effect = "Allow", Action = "${action}", Resource = aws_kinesis_stream.s.arn }] })`;

const heredoc = (action: string): string =>
  `<<EOT\n{ "Statement": [{ "Effect": "Allow", "Action": "${action}", "Resource": "*" }] }\nEOT`;

test('Terraform: variables and locals that are literal count, others are not guessed', async () => {
  for (const position of [
    '"LATEST"',
    'var.literal',
    'local.start',
    '"${var.literal}"',
    'var.open == "" ? "LATEST" : "TRIM_HORIZON"',
  ]) {
    expect(found(await check(withPosition(position), 'main.tf'), 'KST003')).toMatchObject({
      line: 8,
      column: 3,
    });
  }
  const open = await check(withPosition('var.open'), 'main.tf');
  expect(found(open, 'KST003')).toBeUndefined();
  expect(untold(open, 'KST003')).toMatchObject({ why: 'the variable open has no default' });
  const values = await checkFiles([
    { file: 'main.tf', text: withPosition('var.open') },
    { file: 'terraform.tfvars', text: 'open = "LATEST"\n' },
  ]);
  expect(found(values, 'KST003')).toBeDefined();
});

test('the blocks of Terraform are read, dynamic ones are not guessed', async () => {
  const fixed = withBlock(
    'destination_config {\n    on_failure {\n      destination_arn = "arn:aws:sqs:us-east-1:111122223333:q.fifo"\n    }\n  }',
  );
  const result = await check(fixed, 'main.tf');
  expect(found(result, 'KST005')).toBeUndefined();
  expect(found(result, 'KST039')).toMatchObject({ line: 8, column: 7 });
  const open = await check(
    withBlock('dynamic "destination_config" {\n    for_each = [1]\n    content {}\n  }'),
    'main.tf',
  );
  expect(untold(open, 'KST005')).toBeDefined();
});

test('policies in jsonencode, heredocs and policy documents are read for what they allow', async () => {
  for (const write of [encoded, heredoc]) {
    expect(found(await check(withPolicy(write('kinesis:*')), 'main.tf'), 'KST006')).toMatchObject({
      resource: 'aws_lambda_function.f',
    });
    expect(found(await check(withPolicy(write('kms:Decrypt')), 'main.tf'), 'KST006')).toBeUndefined();
  }
  const document = await check(withPolicy('data.aws_iam_policy_document.d.json'), 'main.tf');
  expect(found(document, 'KST006')).toBeUndefined();
  expect(untold(document, 'KST006')).toBeUndefined();
});

test('a module that makes mappings of a map is read', async () => {
  const result = await check(
    `module "lambda" {
  source = "terraform-aws-modules/lambda/aws"
  event_source_mapping = {
    kinesis = {
      event_source_arn  = "arn:aws:kinesis:us-east-1:111122223333:stream/orders"
      starting_position = "LATEST"
      filter_criteria   = [{ pattern = jsonencode({ data : { a : ["b"] } }) }]
    }
  }
}
`,
    'main.tf',
  );
  expect(found(result, 'KST003')).toMatchObject({
    resource: 'module.lambda.event_source_mapping.kinesis',
    line: 3,
  });
  expect(found(result, 'KST012')).toBeUndefined();
});

test('the events of SAM and of the Serverless Framework are mappings', async () => {
  const sam = await check(`Transform: AWS::Serverless-2016-10-31
Resources:
  Billing:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Orders:
          Type: Kinesis
          Properties:
            Stream: !ImportValue OrdersArn
            StartingPosition: LATEST
`);
  expect(found(sam, 'KST003')).toMatchObject({ line: 11, column: 13, resource: 'Billing.Orders' });
  const serverless = await check(
    `provider: { name: aws }
functions:
  billing:
    handler: index.handler
    events:
      - stream:
          type: kinesis
          arn: !GetAtt Orders.Arn
          startingPosition: LATEST
          destinations: { onFailure: 'arn:aws:sqs:us-east-1:111122223333:failures' }
          maximumRetryAttempts: 3
          functionResponseType: ReportBatchItemFailures
          filterPatterns: [{ partitionKey: [a] }]
      - stream: arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/x
`,
    'serverless.yml',
  );
  expect(found(serverless, 'KST003')).toMatchObject({ line: 9, resource: 'billing.events[0]' });
  expect(found(serverless, 'KST012')).toBeDefined();
  for (const id of ['KST001', 'KST002', 'KST005']) expect(found(serverless, id)).toBeUndefined();
});

test('streams of DynamoDB, topics of Kafka and queues are not taken for Kinesis', async () => {
  for (const source of [
    'arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/x',
    'arn:aws:sqs:us-east-1:111122223333:q',
    '!GetAtt Table.StreamArn',
    '!ImportValue KafkaArn',
  ]) {
    const text = mapping('      StartingPosition: LATEST\n').replace(/arn:aws:kinesis\S+/, source);
    expect((await check(text)).findings).toEqual([]);
  }
});

test('a suppression with a reason is heeded on its line, above it and above its resource, and shown as such', async () => {
  const comment = '# millrace:ignore KST003 -- a dashboard: nobody misses old records';
  for (const text of [
    mapping(`      StartingPosition: LATEST ${comment}\n`),
    mapping(`      ${comment}\n      # and more\n      StartingPosition: LATEST\n`),
    mapping('      StartingPosition: LATEST\n').replace('  Mapping:', `  ${comment}\n  Mapping:`),
  ]) {
    const result = await check(text);
    expect(found(result, 'KST003')).toBeUndefined();
    expect(result.suppressed).toMatchObject([
      { ruleId: 'KST003', reason: 'a dashboard: nobody misses old records' },
    ]);
  }
});

test('in JSON a suppression is metadata of the resource', async () => {
  const template = {
    Resources: {
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Metadata: { millrace: { ignore: { KST003: 'meant' } } },
        Properties: {
          EventSourceArn: 'arn:aws:kinesis:us-east-1:111122223333:stream/orders',
          StartingPosition: 'LATEST',
        },
      },
    },
  };
  const result = await check(JSON.stringify(template), 'template.json');
  expect(found(result, 'KST003')).toBeUndefined();
  expect(result.suppressed).toMatchObject([{ ruleId: 'KST003', reason: 'meant', line: 1 }]);
});

test('a suppression without a reason counts for nothing, and is a finding', async () => {
  const result = await check(mapping('      StartingPosition: LATEST # millrace:ignore KST003\n'));
  expect(found(result, 'KST003')).toBeDefined();
  expect(found(result, 'KST099')).toMatchObject({ line: 11 });
});

test.each([
  ['template.yaml', 'Resources: [', 'It is no YAML or JSON', 1],
  ['template.json', '{"Resources": {}\n', 'It is no YAML or JSON', 2],
  ['main.tf', 'resource "a" "b" {\n  x = \n}\n', 'It is no HCL', 2],
  ['notes.yaml', 'hello: world\n', 'It is no template', 1],
  ['empty.yaml', '', 'It is no template', 1],
  [
    'bomb.yaml',
    `a: &a [x, x]\nb: &b [*a, *a]\n${'cdefghijklmnopqrstuvwxyz'
      .split('')
      .map(
        (name, index) =>
          `${name}: &${name} [${Array(4)
            .fill(`*${index === 0 ? 'b' : 'bcdefghijklmnopqrstuvwxyz'[index]}`)
            .join(', ')}]`,
      )
      .join('\n')}\nResources: *z\n`,
    'It has more than',
    undefined,
  ],
  ['deep.yaml', `Resources: ${'['.repeat(500)}${']'.repeat(500)}`, 'It is nested deeper', 1],
  ['large.yaml', ' '.repeat(largestFile + 1), 'It is larger than', 1],
])('%s is a finding that says what is wrong and where', async (file, text, message, line) => {
  const { findings } = await check(text, file);
  expect(findings).toMatchObject([{ ruleId: 'KST000', severity: 'error', file }]);
  expect(findings[0]?.title).toContain(message);
  expect([undefined, findings[0]?.line]).toContain(line);
});

test('files found in a folder that are no templates are passed over, and types nobody knows are let be', async () => {
  const { findings, checked } = await checkFiles([
    { file: 'package.json', text: '{"name": "x"}', found: true },
    { file: 'notes.yaml', text: 'Resources are scarce', found: true },
    {
      file: 'a.yaml',
      text: 'Resources:\n  A:\n    Type: Custom::Thing\n  B:\n    Type: AWS::New::Thing\n',
      found: true,
    },
  ]);
  expect({ findings, checked }).toEqual({ findings: [], checked: ['a.yaml'] });
});

test('the files beside one that was asked for declare, but are not judged', async () => {
  const files = [
    { file: 'm/main.tf', text: 'resource "aws_kinesis_stream" "a" {\n  name = var.name\n}\n' },
    {
      file: 'm/variables.tf',
      text: 'variable "name" {}\nresource "aws_kinesis_stream" "b" {}\n',
      context: true,
    },
  ];
  const { findings, checked } = await checkFiles(files);
  expect(checked).toEqual(['m/main.tf']);
  expect(new Set(findings.map(({ file }) => file))).toEqual(new Set(['m/main.tf']));
  expect(findings.map(({ ruleId }) => ruleId)).not.toContain('KST034');
});

test('no file makes it throw, and every finding has a place in it', async () => {
  const words = [
    'Resources:',
    '  A:',
    '    Type: AWS::Lambda::EventSourceMapping',
    '    Properties:',
    '      EventSourceArn: !GetAtt A.Arn',
    '- !Ref',
    '&a',
    '*a',
    '<<: *a',
    '!Sub',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    ':',
    'resource "aws_kinesis_stream" "a" {',
    'x = "${var.a',
    '}',
    '<<EOT',
    'EOT',
    '# millrace:ignore KST001',
    '\t',
    '\u0000',
    '🦊',
  ];
  const lines = fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.constantFrom('a.yaml', 'a.json', 'a.tf', 'a.tfvars'),
      async (content, file) => {
        const { findings, cannotTell } = await checkFiles([{ file, text: content.join('\n') }]);
        for (const { line, column, file: where } of [...findings, ...cannotTell]) {
          expect(where).toBe(file);
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(content.join('\n').split('\n').length + 1);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the SARIF log names every rule, and places each finding; what is suppressed says why', async () => {
  const result = await check(
    mapping('      StartingPosition: LATEST # millrace:ignore KST003 -- meant\n'),
    'infra/my stack.yaml',
  );
  const log = toSarif(result, '1.2.3') as {
    version: string;
    runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
  };
  const [run] = log.runs;
  expect(log.version).toBe('2.1.0');
  expect(run?.tool.driver).toMatchObject({ name: 'millrace', version: '1.2.3' });
  expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual([
    'KST000',
    ...rules.map(({ id }) => id),
    'KST099',
  ]);
  for (const one of run?.results ?? []) {
    expect(run?.tool.driver.rules[one['ruleIndex'] as number]?.id).toBe(one['ruleId']);
    expect(one).toMatchObject({
      message: { text: expect.any(String) as unknown },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'infra/my%20stack.yaml' },
            region: { startLine: expect.any(Number) as unknown, startColumn: expect.any(Number) as unknown },
          },
        },
      ],
    });
  }
  expect(run?.results.find(({ ruleId }) => ruleId === 'KST003')).toMatchObject({
    suppressions: [{ kind: 'inSource', justification: 'meant' }],
  });
});
