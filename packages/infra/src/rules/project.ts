import type { MembersNode, Node, Place } from './node.ts';

export type Dialect = 'cloudformation' | 'sam' | 'serverless' | 'terraform';

/** A resource as the rules look at it: in CloudFormation's words, whatever it was written in. */
export interface TemplateResource {
  /** Logical id, or `type.name` of Terraform. */
  readonly id: string;
  /** CloudFormation's type, for example `AWS::Kinesis::Stream`. */
  readonly type: string;
  readonly dialect: Dialect;
  readonly properties: MembersNode;
  /** Whether it stays when its stack goes. */
  readonly retained: boolean;
  /** Of the line that names it. */
  readonly place: Place;
  /** Rules it is exempt from, with the reason; from its metadata. */
  readonly ignores: ReadonlyMap<string, string>;
}

/** A parameter or variable. */
export interface TemplateParameter {
  readonly name: string;
  readonly place: Place;
  readonly isNumber: boolean;
  /** Whether the template says what values it may have. */
  readonly isBounded: boolean;
}

/** A value a template gives out. */
export interface TemplateOutput {
  readonly name: string;
  readonly place: Place;
  /** Whether other stacks can import it. */
  readonly isExported: boolean;
  /** Ids of the resources its value is made of. */
  readonly mentions: readonly string[];
}

/** Everything that is deployed together: one template, or one Terraform module. */
export interface Project {
  readonly dialect: Dialect;
  readonly resources: readonly TemplateResource[];
  readonly parameters: readonly TemplateParameter[];
  /** Parameters by the property they are given to: `Stream.ShardCount` of a resource's id and property. */
  readonly parameterUses: ReadonlyMap<string, string>;
  /** What it tells of itself, and to other stacks. */
  readonly outputs: readonly TemplateOutput[];
  /** Terraform only: what is referred to and nowhere declared. */
  readonly undeclared: readonly { readonly what: string; readonly place: Place }[];
  /** Terraform only: whether it pins versions. */
  readonly pinsVersions: boolean;
}

export function ofType(project: Project, type: string): readonly TemplateResource[] {
  return project.resources.filter((resource) => resource.type === type);
}

/** The resource a value refers to, when it is in the project. */
export function targetOf(project: Project, node: Node | undefined): TemplateResource | undefined {
  return node?.kind === 'reference' ? project.resources.find(({ id }) => id === node.to) : undefined;
}

/** Whether whoever deploys it can give it values; the Serverless Framework has no such parameters. */
export function takesParameters({ dialect, parameters, undeclared }: Project): boolean {
  if (dialect === 'serverless') return false;
  return parameters.length > 0 || undeclared.some(({ what }) => what.startsWith('var.'));
}
