import type { CommandSpec } from './command.ts';

export const generateCommands: readonly CommandSpec[] = [
  {
    name: 'generate',
    summary: 'write infrastructure that loses nothing, for CDK, CloudFormation or Terraform',
    examples: [
      {
        command: 'millrace generate cfn --config stack.json > stack.yaml',
        about: 'a CloudFormation template',
      },
      {
        command: 'millrace generate terraform --config stack.json --to infra',
        about: 'a module, file by file',
      },
      {
        command:
          'millrace generate alarms --from-stream orders --topic arn:aws:sns:us-east-1:111122223333:ops',
        about: 'what a stream that is there should have, as input of aws cloudwatch put-metric-alarm',
      },
    ],
    arguments: [{ name: 'what', about: 'cdk, cfn, terraform, alarms, dashboard or iam' }],
    options: [
      {
        kind: 'text',
        name: 'config',
        value: 'file',
        about: 'what to make, in JSON: the options of createStack',
      },
      { kind: 'text', name: 'from-stream', value: 'name', about: 'a stream that is there, as it is' },
      { kind: 'text', name: 'email', value: 'address', about: 'who the alarms tell' },
      { kind: 'text', name: 'topic', value: 'arn', about: 'the SNS topic the alarms tell' },
      { kind: 'text', name: 'to', value: 'folder', about: 'write files there; default: stdout' },
    ],
    connects: true,
    notes: [
      'A config: {"stream": {"name": "orders", "shards": 2}, "processors": {"billing": {"function": {"code": ' +
        '{"bucket": "builds", "key": "billing.zip"}}}}, "notify": {"email": "ops@example.com"}}. What loses records is ' +
        'refused until it is spelled out under "unsafe".',
    ],
    load: async () => (await import('../commands/generate.ts')).generate,
  },
];
