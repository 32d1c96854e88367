import type { Output, Parameter, Resource, Template } from '../template/template.ts';
import { writeBlocks, type Block, type Entry, type WriteExpression } from './hcl.ts';
import { Properties } from './properties.ts';
import { dataSources, pseudoAddress } from './pseudo.ts';
import { translations } from './resources.ts';

/** The files of a module, by name. */
export type TerraformModule = Readonly<
  Record<'main.tf' | 'variables.tf' | 'outputs.tf' | 'versions.tf', string>
>;

/**
 * A template as a Terraform module for the AWS provider 6, formatted as `terraform fmt` does. Throws `OPTION_INVALID`
 * for what that provider has no argument for.
 *
 * @example
 * ```ts
 * for (const [name, text] of Object.entries(terraformModule(createStack(options)))) await writeFile(name, text);
 * ```
 */
export function terraformModule(template: Template): TerraformModule {
  const write = expressionWriter(template.resources);
  const resources = template.resources.flatMap((resource) => resourceBlocks(resource, template.resources));
  const main = writeBlocks(resources, write);
  return {
    'main.tf': `# ${template.description}\n\n${dataSources(main)}${main}`,
    'variables.tf': writeBlocks(template.parameters.map(variable), write),
    'outputs.tf': writeBlocks(template.outputs.map(output), write),
    'versions.tf': writeBlocks([versions], write),
  };
}

const versions: Block = {
  type: 'terraform',
  body: [
    ['required_version', '>= 1.5'],
    {
      type: 'required_providers',
      body: [['aws', { source: 'hashicorp/aws', version: '>= 6.25' }]],
    },
  ],
};

function resourceBlocks(resource: Resource, all: readonly Resource[]): readonly Block[] {
  const { type, body, more } = translations[resource.type];
  const label = snake(resource.id);
  const properties = new Properties(resource.properties, resource.id);
  const entries = body(properties, resource);
  const parts = more?.(properties, `${type}.${label}`, label) ?? [];
  properties.end();
  const main: Block = {
    type: 'resource',
    labels: [type, label],
    ...(resource.comment !== undefined && { comment: resource.comment }),
    body: [...entries, ...dependencies(resource, all), ...(resource.retain === true ? [lifecycle] : [])],
  };
  return [main, ...parts];
}

const lifecycle: Block = { type: 'lifecycle', body: [['prevent_destroy', true]] };

function dependencies({ dependsOn = [] }: Resource, all: readonly Resource[]): readonly Entry[] {
  if (dependsOn.length === 0) return [];
  const addresses = dependsOn.map((id) => addressOf(id, all));
  return [['depends_on', { raw: `[${addresses.join(', ')}]` }]];
}

function variable(parameter: Parameter): Block {
  const name = snake(parameter.name);
  const conditions = [
    ...(parameter.allowed === undefined
      ? []
      : [`contains([${parameter.allowed.map((one) => JSON.stringify(one)).join(', ')}], var.${name})`]),
    ...(parameter.pattern === undefined
      ? []
      : [`can(regex(${JSON.stringify(`^(${parameter.pattern})$`)}, var.${name}))`]),
    ...(parameter.min === undefined ? [] : [`var.${name} >= ${parameter.min}`]),
    ...(parameter.max === undefined ? [] : [`var.${name} <= ${parameter.max}`]),
  ];
  return {
    type: 'variable',
    labels: [name],
    body: [
      ['description', parameter.description],
      ['type', { raw: parameter.type === 'Number' ? 'number' : 'string' }],
      ...(parameter.default === undefined ? [] : [['default', parameter.default] as const]),
      ...(conditions.length === 0
        ? []
        : [
            {
              type: 'validation',
              body: [
                ['condition', { raw: conditions.join(' && ') }],
                ['error_message', `${name} must be ${allowedOf(parameter)}.`],
              ],
            } satisfies Block,
          ]),
    ],
  };
}

function allowedOf({ allowed, pattern, min, max }: Parameter): string {
  if (allowed !== undefined) return `one of ${allowed.join(', ')}`;
  if (pattern !== undefined) return `text that matches ${pattern}`;
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`;
}

function output({ name, description, value }: Output): Block {
  return {
    type: 'output',
    labels: [snake(name)],
    body: [
      ['description', description],
      ['value', value],
    ],
  };
}

function expressionWriter(resources: readonly Resource[]): WriteExpression {
  return (value) => {
    if (value.expr === 'parameter') return `var.${snake(value.name)}`;
    if (value.expr === 'pseudo') return pseudoAddress(value.name);
    const found = resources.find(({ id }) => id === value.id);
    const attribute = found && translations[found.type].attributes[value.attribute ?? 'Ref'];
    if (attribute === undefined) {
      throw new RangeError(`${value.id}.${value.attribute ?? 'Ref'} has no translation to Terraform`);
    }
    return `${addressOf(value.id, resources)}.${attribute}`;
  };
}

function addressOf(id: string, resources: readonly Resource[]): string {
  const found = resources.find((resource) => resource.id === id);
  if (found === undefined) throw new RangeError(`there is no resource ${id}`);
  return `${translations[found.type].type}.${snake(id)}`;
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
}
