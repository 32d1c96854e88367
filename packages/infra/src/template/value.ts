/**
 * A value of a template: a literal, or an expression that is known only where it is deployed. CloudFormation,
 * Terraform and the CDK each write the same expression their own way.
 */
export type Value =
  | string
  | number
  | boolean
  | Expression
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

/** What only the deployment knows. */
export type Expression =
  | { readonly expr: 'parameter'; readonly name: string }
  /** A resource itself (`Ref`), or one of its attributes by CloudFormation's name for it. */
  | { readonly expr: 'resource'; readonly id: string; readonly attribute?: string }
  | { readonly expr: 'pseudo'; readonly name: PseudoParameter }
  | { readonly expr: 'text'; readonly parts: readonly (string | Expression)[] }
  /** A document as text, for example a dashboard's body. */
  | { readonly expr: 'json'; readonly document: Value }
  /** A property that is there when a text parameter is not empty, and left out else. */
  | { readonly expr: 'given'; readonly parameter: string; readonly value: Value };

/** What every deployment knows of itself. */
export type PseudoParameter = 'account' | 'partition' | 'region' | 'urlSuffix';

/** A text, or an expression that becomes one. */
export type Text = string | Expression;

/** A number, or an expression that becomes one. */
export type Numeric = number | Expression;

/** A parameter of the template. */
export function parameter(name: string): Expression {
  return { expr: 'parameter', name };
}

/** A resource of the template; CloudFormation says `Ref`. */
export function reference(id: string): Expression {
  return { expr: 'resource', id };
}

/** An attribute of a resource of the template, by CloudFormation's name for it. */
export function attribute(id: string, name: string): Expression {
  return { expr: 'resource', id, attribute: name };
}

export function pseudo(name: PseudoParameter): Expression {
  return { expr: 'pseudo', name };
}

/** A property that is left out when the text parameter is empty. */
export function whenGiven(name: string, value: Value): Expression {
  return { expr: 'given', parameter: name, value };
}

/** A document written as JSON text. */
export function jsonText(document: Value): Expression {
  return { expr: 'json', document };
}

/**
 * Text with expressions in it; plain text when there are none.
 *
 * @example
 * ```ts
 * text`arn:${pseudo('partition')}:kinesis:*`;
 * ```
 */
export function text(strings: TemplateStringsArray, ...values: readonly (Text | number)[]): Text {
  const parts: (string | Expression)[] = [];
  const push = (part: string | Expression): void => {
    if (typeof part === 'object' && part.expr === 'text') for (const inner of part.parts) push(inner);
    else if (typeof part === 'object') parts.push(part);
    else if (part !== '') parts.push(part);
  };
  for (const [index, string] of strings.entries()) {
    push(string);
    const value = values[index];
    if (value !== undefined) push(typeof value === 'number' ? String(value) : value);
  }
  return parts.every((part) => typeof part === 'string') ? parts.join('') : { expr: 'text', parts };
}

export function isExpression(value: unknown): value is Expression {
  return typeof value === 'object' && value !== null && 'expr' in value && typeof value.expr === 'string';
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether it is an object that is no expression. */
export function isMembers(value: Value): value is { readonly [name: string]: Value | undefined } {
  return typeof value === 'object' && !isList(value) && !isExpression(value);
}
