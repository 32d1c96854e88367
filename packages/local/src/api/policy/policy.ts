import { MillraceError } from '@millrace/kinesis/errors';
import { isObject, optionError } from '@millrace/kinesis/runtime';

import { readConditions, type Condition } from './conditions.ts';
import type { Decision, PolicyRequest } from './policy-document.ts';
import { wildcard } from './wildcard.ts';

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly appliesTo: (request: PolicyRequest) => boolean;
}

/**
 * An identity policy that decides: an explicit Deny wins, then an Allow; what no statement allows is not allowed.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html}
 */
export class Policy {
  readonly #statements: readonly Statement[];

  /**
   * Throws `OPTION_INVALID` for what is no identity policy, and `NOT_EMULATED` for conditions and variables that are not
   * known here: to pass them over would allow or deny too much.
   */
  constructor(document: unknown, path = 'policy') {
    const { Version: version, Statement: statements, Id: _id, ...strange } = members(path, document);
    refuseStrange(path, strange, 'Version, Id, Statement');
    if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
      throw optionError(`${path}.Version`, version, '2012-10-17');
    }
    const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
    this.#statements = list.map((statement, index) =>
      readStatement(`${path}.Statement[${index}]`, statement),
    );
  }

  decide(request: PolicyRequest): Decision {
    let decision: Decision = 'not-allowed';
    for (const { effect, appliesTo } of this.#statements) {
      if (!appliesTo(request)) continue;
      if (effect === 'Deny') return 'denied';
      decision = 'allowed';
    }
    return decision;
  }
}

function readStatement(path: string, statement: unknown): Statement {
  const {
    Sid: _sid,
    Effect: effect,
    Action: action,
    NotAction: notAction,
    Resource: resource,
    NotResource: notResource,
    Condition: condition,
    ...strange
  } = members(path, statement);
  refuseStrange(path, strange, 'Sid, Effect, Action, NotAction, Resource, NotResource, Condition');
  if (effect !== 'Allow' && effect !== 'Deny') throw optionError(`${path}.Effect`, effect, 'Allow or Deny');
  const actions = either(path, ['Action', action], ['NotAction', notAction], readActions);
  const resources = either(path, ['Resource', resource], ['NotResource', notResource], readResources);
  const conditions: readonly Condition[] = readConditions(`${path}.Condition`, condition);
  return {
    effect,
    appliesTo: (request) =>
      actions(request.action) &&
      resources(request.resource) &&
      conditions.every((holds) => holds(request.context)),
  };
}

type Matches = (text: string) => boolean;

/** Exactly one of an element and its opposite. */
function either(
  path: string,
  [name, value]: readonly [string, unknown],
  [notName, notValue]: readonly [string, unknown],
  read: (path: string, value: unknown) => Matches,
): Matches {
  if ((value === undefined) === (notValue === undefined)) {
    throw optionError(path, value === undefined ? 'neither' : 'both', `one of ${name} and ${notName}`);
  }
  if (value !== undefined) return read(`${path}.${name}`, value);
  const matches = read(`${path}.${notName}`, notValue);
  return (text) => !matches(text);
}

function readActions(path: string, value: unknown): Matches {
  const patterns = texts(path, value).map((text) => {
    if (text !== '*' && !/^[a-z0-9*?-]+:[A-Za-z0-9*?]+$/i.test(text)) {
      throw optionError(path, text, "'*' or service:Action, for example kinesis:PutRecords");
    }
    return wildcard(text, 'i');
  });
  return (action) => patterns.some((pattern) => pattern.test(action));
}

function readResources(path: string, value: unknown): Matches {
  const patterns = texts(path, value).map((text) => {
    if (text !== '*' && !/^arn:|^\*/.test(text)) throw optionError(path, text, "'*' or an ARN");
    if (/\$\{(?![*?$]\})/.test(text)) {
      throw new MillraceError('NOT_EMULATED', `${path}: ${JSON.stringify(text)} has a policy variable.`, {
        advice: 'Write the value out for tests: the embedded server knows no principal to fill it in from.',
        path,
        got: text,
      });
    }
    return wildcard(text);
  });
  // No resource in particular is covered by every resource alone.
  return (resource) => patterns.some((pattern) => pattern.test(resource));
}

function texts(path: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw optionError(path, value, 'at least one');
  return list.map((one) => {
    if (typeof one === 'string') return one;
    throw optionError(path, one, 'a text, or a list of them');
  });
}

function members(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return { ...value };
  throw optionError(path, value, 'an object');
}

function refuseStrange(path: string, strange: object, allowed: string): void {
  const [name] = Object.keys(strange);
  if (name === undefined) return;
  const principal = name === 'Principal' || name === 'NotPrincipal';
  throw optionError(
    `${path}.${name}`,
    name,
    principal ? 'an identity policy, which names no principal' : `one of ${allowed}`,
  );
}
