import { emptyMembers, mentioned, type MembersNode, type Node } from '../node.ts';
import type { Dialect, Project, TemplateOutput, TemplateParameter, TemplateResource } from '../project.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { samMappings } from './sam.ts';
import { entry, textAt, type Tree, type TreeEntry } from './yaml-tree.ts';

/** Whether a document is a template of CloudFormation or SAM. */
export function isTemplate(tree: Tree): boolean {
  const resources = entry(tree, 'Resources')?.value;
  if (resources?.kind !== 'map') return entry(tree, 'AWSTemplateFormatVersion') !== undefined;
  return resources.entries.some(({ value }) => textAt(value, 'Type')?.includes('::') === true);
}

/** Reads a template; what cannot be resolved is left unknown. */
export function readTemplate(tree: Tree): Project {
  const resources = entriesOf(entry(tree, 'Resources')?.value);
  const parameters = entriesOf(entry(tree, 'Parameters')?.value);
  const scope: Scope = {
    resources: new Set(resources.map(({ key }) => key)),
    parameters: new Map(parameters.map(({ key, value }) => [key, defaultOf(value)])),
    mappings: entry(tree, 'Mappings')?.value,
  };
  const isSam = textAt(tree, 'Transform')?.startsWith('AWS::Serverless') === true;
  const globals = entry(entry(tree, 'Globals')?.value, 'Function')?.value;
  return {
    dialect: isSam ? 'sam' : 'cloudformation',
    resources: resources.flatMap((one) => {
      const resource = readResource(one, scope, isSam ? 'sam' : 'cloudformation');
      return [
        resource,
        ...samMappings(resource, globals === undefined ? undefined : resolve(globals, scope)),
      ];
    }),
    // The CDK's own is not for people to set.
    parameters: parameters.filter(({ key }) => key !== 'BootstrapVersion').map(readParameter),
    parameterUses: new Map(
      resources.flatMap(({ key, value }) =>
        entriesOf(entry(value, 'Properties')?.value).flatMap((property) => {
          const name = textAt(property.value, 'Ref');
          return name === undefined ? [] : [[`${key}.${property.key}`, name] as const];
        }),
      ),
    ),
    outputs: entriesOf(entry(tree, 'Outputs')?.value).map((one) => readOutput(one, scope)),
    undeclared: [],
    pinsVersions: true,
  };
}

function readResource({ key, keyPlace, value }: TreeEntry, scope: Scope, dialect: Dialect): TemplateResource {
  const properties = entry(value, 'Properties')?.value;
  return {
    id: key,
    type: textAt(value, 'Type') ?? '',
    dialect,
    properties: membersOf(properties === undefined ? undefined : resolve(properties, scope), keyPlace),
    retained: textAt(value, 'DeletionPolicy')?.startsWith('Retain') === true,
    place: keyPlace,
    ignores: new Map(
      entriesOf(entry(entry(entry(value, 'Metadata')?.value, 'millrace')?.value, 'ignore')?.value).map(
        (one): [string, string] => [
          one.key,
          one.value.kind === 'scalar' ? String(one.value.value ?? '') : '',
        ],
      ),
    ),
  };
}

function membersOf(node: Node | undefined, place: MembersNode['place']): MembersNode {
  return node?.kind === 'members' ? node : emptyMembers(place);
}

function readParameter({ key, keyPlace, value }: TreeEntry): TemplateParameter {
  return {
    name: key,
    place: keyPlace,
    isNumber: textAt(value, 'Type') === 'Number',
    isBounded: ['AllowedValues', 'AllowedPattern', 'MinValue', 'MaxValue', 'MinLength', 'MaxLength'].some(
      (name) => entry(value, name) !== undefined,
    ),
  };
}

function readOutput({ key, keyPlace, value }: TreeEntry, scope: Scope): TemplateOutput {
  const content = entry(value, 'Value')?.value;
  return {
    name: key,
    place: keyPlace,
    isExported: entry(value, 'Export') !== undefined,
    mentions: content === undefined ? [] : mentioned(resolve(content, scope)),
  };
}

function defaultOf(parameter: Tree): string | number | boolean | undefined {
  const value = entry(parameter, 'Default')?.value;
  return value?.kind === 'scalar' ? (value.value ?? undefined) : undefined;
}

function entriesOf(tree: Tree | undefined): readonly TreeEntry[] {
  return tree?.kind === 'map' ? tree.entries : [];
}
