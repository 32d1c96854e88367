import type { RoleKind, RoleOptions, Statement } from '@millrace/infra/iam';
import { choiceOption, optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import type { Options } from '../spec/options.ts';

/** `millrace iam`. */
export async function iam({ options, out, notes }: CommandContext): Promise<ExitCode> {
  const { policyDocument, roleKinds, roleStatements, toLiteral } = await import('@millrace/infra/iam');
  const role = options.textOrNone('role');
  if (role === undefined) throw optionError('--role', role, `one of ${roleKinds.join(', ')}`);
  const kind = choiceOption('--role', role, roleKinds);
  const place = placeOf(options);
  if (options.textOrNone('stream') === undefined) notes.warn('for every stream; name one with --stream');
  const statements = roleStatements(kind, roleOptions(kind, options, place));
  const format = options.text('output');
  if (format !== 'json' && !options.flag('json')) {
    await out.write(await sourceOf(format, kind, statements));
    return exitCode.ok;
  }
  const policy = toLiteral(policyDocument(statements), {
    account: place.account,
    partition: place.partition,
    region: place.region,
    urlSuffix: place.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
  });
  await out.line(JSON.stringify(policy, undefined, 2));
  return exitCode.ok;
}

async function sourceOf(format: string, kind: RoleKind, statements: readonly Statement[]): Promise<string> {
  const { policySource, terraformPolicy } = await import('@millrace/infra');
  return format === 'cdk' ? policySource(statements) : terraformPolicy(`stream-${kind}`, statements);
}

interface Place {
  readonly name: string;
  /** Given as one. */
  readonly arn?: string;
  readonly account: string;
  readonly partition: string;
  readonly region: string;
}

/** `orders`, or `arn:aws:kinesis:us-east-1:111122223333:stream/orders`. */
function placeOf(options: Options): Place {
  const given = options.textOrNone('stream') ?? '*';
  const account = options.textOrNone('account') ?? '*';
  const region = options.textOrNone('region') ?? '*';
  if (!/^(?:\*|\d{12})$/.test(account)) throw optionError('--account', account, 'twelve digits');
  const arn = /^arn:(aws[a-z-]*):kinesis:([a-z0-9-]+):(\d{12}):stream\/([\w.-]{1,128})$/.exec(given);
  if (arn !== null) {
    const [, partition = 'aws', ofArn = region, owner = account, name = ''] = arn;
    return { name, arn: given, account: owner, partition, region: ofArn };
  }
  if (given !== '*' && !/^[\w.-]{1,128}$/.test(given)) {
    throw optionError('--stream', given, 'the name of a stream, or its ARN');
  }
  return { name: given, account, partition: 'aws', region };
}

function roleOptions(kind: RoleKind, options: Options, { name, arn }: Place): RoleOptions {
  const refused = (['create-table', 'aggregate', 'failures', 'group'] as const).find(
    (option) => options.isTyped(option) && owners[option] !== kind,
  );
  if (refused !== undefined) throw optionError(`--${refused}`, kind, `--role ${owners[refused]} with it`);
  const group = options.textOrNone('group');
  const key = options.textOrNone('key');
  if (key !== undefined && !/^arn:aws[a-z-]*:kms:/.test(key))
    throw optionError('--key', key, 'the ARN of a KMS key');
  return {
    stream: name,
    ...(arn !== undefined && { streamArn: arn }),
    efo: options.flag('efo'),
    ...((options.flag('kms') || key !== undefined) && {
      kmsKeyArn: key ?? { expr: 'text', parts: anyKey },
    }),
    ...(group !== undefined && { group }),
    createsTable: options.flag('create-table'),
    aggregates: options.flag('aggregate'),
    ...failuresOf(options.textOrNone('failures')),
  };
}

const owners = {
  'create-table': 'consumer',
  aggregate: 'producer',
  failures: 'lambda',
  group: 'consumer',
} as const;

/** Its use is bound to Kinesis and to the stream by conditions. */
const anyKey = [
  'arn:',
  { expr: 'pseudo', name: 'partition' },
  ':kms:',
  { expr: 'pseudo', name: 'region' },
  ':',
  { expr: 'pseudo', name: 'account' },
  ':key/*',
] as const;

function failuresOf(arn: string | undefined): Pick<RoleOptions, 'failures'> {
  if (arn === undefined) return {};
  const service = arn.split(':')[2];
  if (service === 'sqs') return { failures: { queueArn: arn } };
  if (service === 'sns') return { failures: { topicArn: arn } };
  if (service === 's3') return { failures: { bucketArn: arn } };
  throw optionError('--failures', arn, 'the ARN of an SQS queue, an SNS topic or an S3 bucket');
}
