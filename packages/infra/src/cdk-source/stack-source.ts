import { optionError } from '@millrace/kinesis/runtime';

import type { FunctionOptions, ProcessorOptions } from '../stack/processor.ts';
import type { StackOptions } from '../stack/stack.ts';
import { isExpression, type Text } from '../template/value.ts';
import { quoted, toSource, type Code, type SourceValue } from './source.ts';

/**
 * A stack of our constructs as TypeScript for the CDK. Throws `OPTION_INVALID` for what is no literal.
 *
 * @example
 * ```ts
 * await writeFile('stack.ts', stackSource({ stream: { name: 'orders', shards: 2 } }));
 * ```
 */
export function stackSource(options: StackOptions): string {
  const {
    stream,
    processors = {},
    services = {},
    notify,
    maxLagMilliseconds,
    expectsTraffic,
    dashboard,
  } = options;
  const { name, retentionHours, kmsKey, ...rest } = stream;
  const watched = {
    stream: code('stream'),
    ...(Object.keys(processors).length > 0 && { processors: Object.keys(processors).map(code) }),
    ...(Object.keys(services).length > 0 && { services: Object.keys(services).map(code) }),
    ...(maxLagMilliseconds !== undefined && { maxLagMilliseconds }),
  };
  const body = [
    construct('stream', 'KinesisStream', 'Stream', {
      streamName: name,
      ...rest,
      ...(retentionHours !== undefined && { retention: code(`Duration.hours(${toSource(retentionHours)})`) }),
      ...(kmsKey !== undefined && {
        encryptionKey: code(`Key.fromKeyArn(this, 'StreamKey', ${textSource('stream.kmsKey', kmsKey)})`),
      }),
    }),
    ...Object.entries(processors).map(([id, processor]) =>
      construct(id, 'LambdaProcessor', pascal(id), processorProps(id, processor)),
    ),
    ...Object.entries(services).map(([id, service]) =>
      construct(id, 'ConsumerService', pascal(id), { stream: code('stream'), ...service }),
    ),
    ...(notify === undefined
      ? []
      : [
          construct(undefined, 'StreamAlarms', 'Alarms', {
            ...watched,
            ...(notify.email !== undefined && { email: notify.email }),
            ...(notify.topicArn !== undefined && {
              topic: code(
                `Topic.fromTopicArn(this, 'AlarmTopic', ${textSource('notify.topicArn', notify.topicArn)})`,
              ),
            }),
            ...(notify.unsafe !== undefined && { unsafe: notify.unsafe }),
            ...(expectsTraffic !== undefined && { expectsTraffic }),
          }),
        ]),
    ...(dashboard === false ? [] : [construct(undefined, 'StreamDashboard', 'Dashboard', watched)]),
  ].join('');
  const text = `export class ${pascal(className(name))}Stack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
${body}  }
}
`;
  return `${imports(text)}\n${text}`;
}

function construct(
  variable: string | undefined,
  type: string,
  id: string,
  props: { readonly [name: string]: SourceValue | undefined },
): string {
  const made = `new ${type}(this, ${quoted(id)}, ${toSource(props, 2)});`;
  return `    ${variable === undefined ? '' : `const ${variable} = `}${made}\n`;
}

function processorProps(
  id: string,
  processor: ProcessorOptions,
): { readonly [name: string]: SourceValue | undefined } {
  const { function: made, existing, failures, fanOut, unsafe, ...mapping } = processor;
  return {
    stream: code('stream'),
    ...(made !== undefined && functionProps(id, made)),
    ...(existing !== undefined && {
      function: code(
        `LambdaFunction.fromFunctionName(this, '${pascal(id)}Function', ${textSource(`processors.${id}.existing.functionName`, existing.functionName)})`,
      ),
    }),
    ...mapping,
    ...(unsafe !== undefined && { unsafe: { ...unsafe } }),
    ...(failures !== undefined && { failures }),
    ...(fanOut !== undefined && { fanOut }),
  };
}

function functionProps(
  id: string,
  made: FunctionOptions,
): { readonly [name: string]: SourceValue | undefined } {
  const { code: where, timeoutSeconds, runtime, ...rest } = made;
  const path = `processors.${id}.function.code`;
  const bucket = `Bucket.fromBucketName(this, '${pascal(id)}Code', ${textSource(`${path}.bucket`, where.bucket)})`;
  return {
    code: code(`Code.fromBucket(${bucket}, ${textSource(`${path}.key`, where.key)})`),
    ...rest,
    ...(runtime !== undefined && { runtime: code(`new Runtime(${textSource(`${path}.runtime`, runtime)})`) }),
    ...(timeoutSeconds !== undefined && { timeout: code(`Duration.seconds(${timeoutSeconds})`) }),
  };
}

const modules: readonly (readonly [string, readonly string[]])[] = [
  [
    '@millrace/infra/cdk',
    ['ConsumerService', 'KinesisStream', 'LambdaProcessor', 'StreamAlarms', 'StreamDashboard'],
  ],
  ['aws-cdk-lib', ['Duration']],
  ['aws-cdk-lib/aws-kms', ['Key']],
  ['aws-cdk-lib/aws-lambda', ['Code', 'LambdaFunction', 'Runtime']],
  ['aws-cdk-lib/aws-s3', ['Bucket']],
  ['aws-cdk-lib/aws-sns', ['Topic']],
];

/** Of what the text names. */
function imports(text: string): string {
  const lines = modules.flatMap(([module, names]) => {
    const used = names.filter((name) => new RegExp(String.raw`(?<![\w.])${name}[.(]`).test(text));
    const all = module === 'aws-cdk-lib' ? [...used, 'Stack', 'type StackProps'] : used;
    const list = all
      .map((name) => (name === 'LambdaFunction' ? 'Function as LambdaFunction' : name))
      .join(', ');
    return all.length === 0 ? [] : [`import { ${list} } from '${module}';\n`];
  });
  return [...lines, "import type { Construct } from 'constructs';\n"].join('');
}

function code(text: string): Code {
  return { code: text };
}

function textSource(path: string, value: Text): string {
  if (isExpression(value)) throw optionError(path, value.expr, 'a literal');
  return quoted(value);
}

function className(name: Text): string {
  const words = typeof name === 'string' ? name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '') : [];
  const joined = words.map(pascal).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `Stream${joined}`;
}

function pascal(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
