import type { CommandSpec } from './command.ts';

export const iamCommands: readonly CommandSpec[] = [
  {
    name: 'iam',
    summary: 'print the permissions a role needs, and no more: JSON, CDK or Terraform',
    examples: [
      { command: 'millrace iam --role producer --stream orders', about: 'what createProducer needs' },
      {
        command: 'millrace iam --role consumer --efo --kms --stream orders --region us-east-1',
        about: 'a consumer that reads an encrypted stream by fan-out',
      },
      {
        command: 'millrace iam --role lambda --stream orders -o terraform',
        about: 'for the role of a function',
      },
    ],
    arguments: [],
    options: [
      {
        kind: 'text',
        name: 'role',
        value: 'role',
        choices: ['producer', 'consumer', 'lambda', 'admin'],
        about: 'who it is for',
      },
      { kind: 'text', name: 'stream', value: 'name|arn', about: 'default: every stream' },
      { kind: 'flag', name: 'efo', about: 'consumer, lambda: reads by enhanced fan-out' },
      { kind: 'flag', name: 'kms', about: 'the stream is encrypted with a key of your own' },
      {
        kind: 'text',
        name: 'key',
        value: 'arn',
        about: 'that key; with --kms alone any, but for this stream only',
      },
      {
        kind: 'text',
        name: 'group',
        value: 'name',
        about: "consumer: its group; default: the stream's name",
      },
      { kind: 'flag', name: 'create-table', about: 'consumer: makes its lease table itself' },
      { kind: 'flag', name: 'aggregate', about: 'producer: packs records of a shard together' },
      {
        kind: 'text',
        name: 'failures',
        value: 'arn',
        about: 'lambda: queue, topic or bucket for failed batches',
      },
      {
        kind: 'text',
        name: 'region',
        value: 'name',
        env: ['MILLRACE_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
        about: 'for JSON; default: any, or that of the ARN',
      },
      { kind: 'text', name: 'account', value: 'id', about: 'for JSON; default: any, or that of the ARN' },
      {
        kind: 'text',
        name: 'output',
        short: 'o',
        value: 'format',
        choices: ['json', 'cdk', 'terraform'],
        default: 'json',
        about: 'how it is written',
      },
    ],
    connects: false,
    notes: [
      'Each permission is proven on the embedded server: with any of them taken away the work fails, and nothing else is ' +
        'allowed. Try it: millrace server --policy FILE.',
    ],
    load: async () => (await import('../commands/iam.ts')).iam,
  },
];
