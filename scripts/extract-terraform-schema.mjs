// Writes what our Terraform tests need to know of the AWS provider: the arguments, blocks and attributes of the resources
// we generate. It comes out of the type information of @cdktf/provider-aws, which is too large (392 MB) to depend on:
//
//   npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-*.tgz package/.jsii
//   node scripts/extract-terraform-schema.mjs package/.jsii
import { readFileSync, writeFileSync } from 'node:fs';

const resources = [
  'aws_cloudwatch_dashboard',
  'aws_cloudwatch_log_group',
  'aws_cloudwatch_metric_alarm',
  'aws_dynamodb_table',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_kinesis_stream',
  'aws_kinesis_stream_consumer',
  'aws_kms_key',
  'aws_lambda_event_source_mapping',
  'aws_lambda_function',
  'aws_s3_bucket',
  'aws_s3_bucket_ownership_controls',
  'aws_s3_bucket_policy',
  'aws_s3_bucket_public_access_block',
  'aws_s3_bucket_server_side_encryption_configuration',
  'aws_s3_bucket_versioning',
  'aws_sns_topic',
  'aws_sns_topic_policy',
  'aws_sns_topic_subscription',
  'aws_sqs_queue',
  'aws_sqs_queue_policy',
];

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/extract-terraform-schema.mjs package/.jsii');
const { types, version } = JSON.parse(readFileSync(file, 'utf8'));
const schema = Object.fromEntries(resources.map((resource) => [resource, describe(resource)]));
const target = new URL('../packages/infra/test/terraform/provider-schema.json', import.meta.url);
writeFileSync(
  target,
  `${JSON.stringify({ source: `@cdktf/provider-aws@${version}`, resources: schema }, undefined, 1)}\n`,
);

function describe(resource) {
  const camel = resource.slice('aws_'.length).replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const pascal = camel.charAt(0).toUpperCase() + camel.slice(1);
  const name = [
    `@cdktf/provider-aws.${camel}.${pascal}`,
    // S3's main classes are called after their file.
    ...Object.keys(types).filter((key) => key.startsWith(`@cdktf/provider-aws.${camel}.`)),
  ].find((key) => types[`${key}Config`] !== undefined);
  if (name === undefined) throw new Error(`there is no ${resource}`);
  const meta = new Set([
    'connection',
    'count',
    'dependsOn',
    'forEach',
    'lifecycle',
    'provider',
    'provisioners',
  ]);
  const own = types[`${name}Config`].properties.filter(({ name: member }) => !meta.has(member));
  return {
    arguments: members(own),
    attributes: types[name].properties
      .filter((one) => one.immutable === true && /^[a-z]/.test(one.name) && !one.name.endsWith('Input'))
      .map((one) => snake(one.name))
      .toSorted(),
  };
}

function members(properties) {
  return Object.fromEntries(
    properties
      .map((property) => [nameOf(property), describeMember(property)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The provider's own name stands in the link to its documentation. */
function nameOf({ name, docs }) {
  return /#([a-z0-9_]+) /.exec(docs?.summary ?? '')?.[1] ?? snake(name);
}

function describeMember({ type, optional }) {
  const block = blockOf(type);
  const required = optional !== true;
  return block === undefined
    ? { type: primitiveOf(type), ...(required && { required }) }
    : { block: members(types[block].properties), ...(required && { required }) };
}

function blockOf(type) {
  const named = type.fqn ?? type.collection?.elementtype?.fqn;
  if (named?.startsWith('@cdktf/')) return named;
  return type.union?.types.map(blockOf).find((one) => one !== undefined);
}

function primitiveOf(type) {
  if (type.primitive !== undefined) return type.primitive;
  if (type.collection !== undefined) return type.collection.kind === 'map' ? 'map' : 'list';
  return primitiveOf(type.union.types[0]);
}

function snake(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
