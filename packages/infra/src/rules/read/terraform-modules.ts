import { items, nowhere, type MembersNode, type Node } from '../node.ts';
import type { TemplateResource } from '../project.ts';
import type { HclFile } from './hcl.ts';
import { bodyOf, list, type TerraformScope } from './terraform-scope.ts';
import { terraformWords } from './terraform-words.ts';

/**
 * The mappings that well-known Lambda modules make of their argument `event_source_mapping` (or `…s`): a map of the
 * resource's own arguments, its blocks flattened.
 */
export async function moduleMappings(
  file: HclFile,
  scope: TerraformScope,
): Promise<readonly TemplateResource[]> {
  const found: TemplateResource[] = [];
  for (const [module, blocks] of Object.entries(bodyOf(file.content['module']))) {
    const body = bodyOf(list(blocks)[0]);
    for (const argument of ['event_source_mapping', 'event_source_mappings']) {
      const path = `module.${module}.0`;
      const place = file.places.get(`${path}.${argument}`) ??
        file.places.get(path) ?? { ...nowhere, file: file.file };
      const mappings = await scope.resolve(body[argument], place);
      for (const [name, mapping] of mappings?.kind === 'members' ? mappings.members : []) {
        if (mapping.kind === 'members') {
          found.push({
            id: `module.${module}.${argument}.${name}`,
            type: 'AWS::Lambda::EventSourceMapping',
            dialect: 'terraform',
            properties: translate(mapping),
            retained: false,
            place,
            ignores: new Map(),
          });
        }
      }
    }
  }
  return found;
}

function translate(mapping: MembersNode): MembersNode {
  const words = terraformWords['aws_lambda_event_source_mapping']?.words ?? {};
  const members = new Map<string, Node>();
  for (const [argument, node] of mapping.members) {
    const word = words[argument];
    if (typeof word === 'string') members.set(word, node);
    if (argument === 'destination_arn_on_failure') {
      members.set('DestinationConfig', nest('OnFailure', nest('Destination', node)));
    }
    if (argument === 'metrics_config') members.set('MetricsConfig', renamed(node, 'metrics', 'Metrics'));
    if (argument === 'filter_criteria') {
      const filters = node.kind === 'list' ? items(node) : [node];
      const patterns = filters.map((filter) => renamed(filter, 'pattern', 'Pattern'));
      members.set('FilterCriteria', nest('Filters', { kind: 'list', items: patterns, place: node.place }));
    }
  }
  return { ...mapping, members };
}

function nest(name: string, node: Node): Node {
  return { kind: 'members', members: new Map([[name, node]]), place: node.place };
}

function renamed(node: Node, from: string, to: string): Node {
  const inner = node.kind === 'members' ? node.members.get(from) : undefined;
  return inner === undefined ? node : nest(to, inner);
}
