import { at, hasUnknown, items, textOf, type Node } from '../node.ts';
import { targetOf, type Project, type TemplateResource } from '../project.ts';

/** Whether a role may do something, as far as the template tells. */
export type Permission = 'yes' | 'no' | 'unknown';

/** What the managed policies of AWS allow on Kinesis and KMS; others are not known. */
const managed: Readonly<Record<string, readonly string[]>> = {
  AWSLambdaBasicExecutionRole: ['logs:*'],
  AWSLambdaKinesisExecutionRole: [
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
    'kinesis:ListStreams',
    'kinesis:SubscribeToShard',
    'logs:*',
  ],
  AWSLambdaSQSQueueExecutionRole: ['sqs:*', 'logs:*'],
  AWSLambdaVPCAccessExecutionRole: ['ec2:*', 'logs:*'],
  AWSXRayDaemonWriteAccess: ['xray:*'],
  AdministratorAccess: ['*'],
  AmazonKinesisFullAccess: ['kinesis:*'],
  AmazonKinesisReadOnlyAccess: ['kinesis:Get*', 'kinesis:List*', 'kinesis:Describe*'],
};

/** Whether the role of a function allows an action, on whatever resource. */
export function allows(project: Project, lambda: TemplateResource, action: string): Permission {
  if (lambda.dialect === 'sam') return samAllows(lambda, action);
  const role = targetOf(project, at(lambda.properties, 'Role'));
  if (role === undefined) return 'unknown';
  return combine([
    ...policiesOf(project, role).map((policy) => policyAllows(policy, action)),
    ...managedOf(project, role).map((arn) => managedAllows(project, arn, action)),
  ]);
}

/** The managed policies a role has, as they are written. */
export function managedOf(project: Project, role: TemplateResource): readonly Node[] {
  const own = at(role.properties, 'ManagedPolicyArns');
  const attached = project.resources
    .filter((one) => one.type === 'Terraform::RolePolicyAttachment' && names(one, role))
    .flatMap((one) => at(one.properties, 'PolicyArn') ?? []);
  return [...(own?.kind === 'unknown' ? [own] : items(own)), ...attached];
}

/** Documents of a role's own, and of policies that name it. */
function policiesOf(project: Project, role: TemplateResource): readonly (Node | undefined)[] {
  const inline = at(role.properties, 'Policies');
  const own =
    inline?.kind === 'unknown' ? [inline] : items(inline).map((policy) => at(policy, 'PolicyDocument'));
  const others = project.resources
    .filter(({ type }) => /^AWS::IAM::(?:Policy|RolePolicy|ManagedPolicy)$/.test(type))
    .filter((one) => names(one, role))
    .map((one) => at(one.properties, 'PolicyDocument'));
  return [...own, ...others];
}

function names(policy: TemplateResource, role: TemplateResource): boolean {
  const roles = [...items(at(policy.properties, 'Roles')), at(policy.properties, 'RoleName')];
  return roles.some((one) => one?.kind === 'reference' && one.to === role.id);
}

function policyAllows(document: Node | undefined, action: string): Permission {
  const statements = at(document, 'Statement');
  if (document === undefined || statements === undefined || statements.kind === 'unknown') return 'unknown';
  const list = statements.kind === 'list' ? statements.items : [statements];
  return combine(
    list.map((statement) => {
      if (textOf(at(statement, 'Effect')) === 'Deny') return 'no';
      const actions = at(statement, 'Action');
      const texts = (actions?.kind === 'list' ? actions.items : [actions]).map(textOf);
      if (texts.some((text) => text !== undefined && matches(text, action))) return 'yes';
      return hasUnknown(actions) || at(statement, 'NotAction') !== undefined ? 'unknown' : 'no';
    }),
  );
}

function managedAllows(project: Project, arn: Node, action: string): Permission {
  const target = targetOf(project, arn);
  if (target !== undefined) return policyAllows(at(target.properties, 'PolicyDocument'), action);
  const text = textOf(arn) ?? (arn.kind === 'unknown' ? arn.why : '');
  const name = /([\w]+)(?:["\s].*)?$/.exec(text)?.[1] ?? '';
  const known = managed[name];
  if (known === undefined) return 'unknown';
  return known.some((pattern) => matches(pattern, action)) ? 'yes' : 'no';
}

/** SAM adds Lambda's managed policy for Kinesis by itself; its policy templates are not looked into. */
function samAllows(lambda: TemplateResource, action: string): Permission {
  if (at(lambda.properties, 'Role') !== undefined) return 'unknown';
  const policies = at(lambda.properties, 'Policies');
  const list = policies === undefined ? [] : policies.kind === 'list' ? policies.items : [policies];
  const own = list.map((policy): Permission => {
    if (policy.kind !== 'members') return 'unknown';
    return at(policy, 'Statement') === undefined ? 'unknown' : policyAllows(policy, action);
  });
  const byItself = managed['AWSLambdaKinesisExecutionRole'] ?? [];
  return combine([...own, byItself.some((pattern) => matches(pattern, action)) ? 'yes' : 'no']);
}

function combine(all: readonly Permission[]): Permission {
  if (all.includes('yes')) return 'yes';
  return all.includes('unknown') ? 'unknown' : 'no';
}

/** `*` and `?`, in any case. */
function matches(pattern: string, action: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(action);
}
