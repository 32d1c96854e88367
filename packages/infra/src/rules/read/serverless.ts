import { at, items, textOf, type MembersNode, type Node } from '../node.ts';
import type { Project, TemplateResource } from '../project.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { readTemplate } from './cloudformation.ts';
import { entry, textAt, type Tree } from './yaml-tree.ts';

/** Whether a document is a `serverless.yml`. */
export function isServerless(tree: Tree): boolean {
  return entry(tree, 'functions') !== undefined && entry(tree, 'provider') !== undefined;
}

const names: Readonly<Record<string, string>> = {
  arn: 'EventSourceArn',
  batchSize: 'BatchSize',
  batchWindow: 'MaximumBatchingWindowInSeconds',
  bisectBatchOnFunctionError: 'BisectBatchOnFunctionError',
  maximumRecordAgeInSeconds: 'MaximumRecordAgeInSeconds',
  maximumRetryAttempts: 'MaximumRetryAttempts',
  parallelizationFactor: 'ParallelizationFactor',
  startingPosition: 'StartingPosition',
  startingPositionTimestamp: 'StartingPositionTimestamp',
  tumblingWindowInSeconds: 'TumblingWindowInSeconds',
};

/**
 * Reads a configuration of the Serverless Framework: the `stream` events of its functions, and the resources it has in
 * CloudFormation.
 *
 * @see {@link https://www.serverless.com/framework/docs/providers/aws/events/streams}
 */
export function readServerless(tree: Tree): Project {
  const template = entry(tree, 'resources')?.value;
  const own = template === undefined ? undefined : readTemplate(template);
  const scope: Scope = {
    resources: new Set(own?.resources.map(({ id }) => id)),
    parameters: new Map(),
    mappings: undefined,
  };
  const functions = entry(tree, 'functions')?.value;
  const mappings = (functions?.kind === 'map' ? functions.entries : []).flatMap(({ key, value }) => {
    const node = resolve(value, scope);
    return items(at(node, 'events')).flatMap((event, index) => mappingOf(`${key}.events[${index}]`, event));
  });
  return {
    dialect: 'serverless',
    resources: [...(own?.resources ?? []), ...mappings],
    parameters: [],
    parameterUses: new Map(),
    outputs: own?.outputs ?? [],
    undeclared: [],
    pinsVersions: textAt(tree, 'frameworkVersion') !== undefined,
  };
}

function mappingOf(id: string, event: Node): readonly TemplateResource[] {
  const stream = at(event, 'stream');
  if (stream === undefined) return [];
  const whole: Node =
    stream.kind === 'members'
      ? stream
      : { kind: 'members', members: new Map([['arn', stream]]), place: stream.place };
  const arn = at(whole, 'arn');
  const type =
    textOf(at(whole, 'type')) ?? (textOf(arn)?.includes(':kinesis:') === true ? 'kinesis' : undefined);
  if (type !== 'kinesis' || whole.kind !== 'members') return [];
  return [
    {
      id,
      type: 'AWS::Lambda::EventSourceMapping',
      dialect: 'serverless',
      properties: propertiesOf(whole),
      retained: false,
      place: stream.place,
      ignores: new Map(),
    },
  ];
}

/** In CloudFormation's words; the framework's own defaults are made plain. */
function propertiesOf(stream: MembersNode): MembersNode {
  const { place } = stream;
  const members = new Map<string, Node>([
    ['StartingPosition', { kind: 'scalar', value: 'TRIM_HORIZON', place }],
  ]);
  for (const [name, node] of stream.members) {
    const known = names[name];
    if (known !== undefined) members.set(known, node);
  }
  const response = stream.members.get('functionResponseType');
  if (response !== undefined) {
    members.set('FunctionResponseTypes', { kind: 'list', items: [response], place: response.place });
  }
  const failure = at(stream, 'destinations', 'onFailure');
  if (failure !== undefined) {
    members.set('DestinationConfig', nest(['OnFailure', 'Destination'], failure));
  }
  const patterns = stream.members.get('filterPatterns');
  if (patterns !== undefined) {
    const filters = items(patterns).map((pattern) => nest(['Pattern'], pattern));
    members.set('FilterCriteria', nest(['Filters'], { kind: 'list', items: filters, place: patterns.place }));
  }
  return { kind: 'members', members, place };
}

function nest(path: readonly string[], node: Node): Node {
  return path.reduceRight<Node>(
    (inner, name) => ({ kind: 'members', members: new Map([[name, inner]]), place: node.place }),
    node,
  );
}
