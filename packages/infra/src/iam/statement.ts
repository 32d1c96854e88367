import { pseudo, text, type Text, type Value } from '../template/value.ts';

/** One statement of an identity policy. */
export interface Statement {
  /** Letters and digits: what it is for. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly Text[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, Text>>>>;
}

/**
 * A policy document of Allow statements.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html}
 */
export function policyDocument(statements: readonly Statement[]): Readonly<Record<string, Value>> {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ sid, actions, resources, conditions }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: one(actions),
      Resource: one(resources),
      ...(conditions !== undefined && { Condition: conditions }),
    })),
  };
}

/** Lets a service of AWS take on a role. */
export function trustPolicy(service: string): Readonly<Record<string, Value>> {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  };
}

/** The ARN of a stream of this account and region. */
export function streamArn(name: Text): Text {
  return text`arn:${pseudo('partition')}:kinesis:${pseudo('region')}:${pseudo('account')}:stream/${name}`;
}

function one(values: readonly Text[]): Value {
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : values;
}
