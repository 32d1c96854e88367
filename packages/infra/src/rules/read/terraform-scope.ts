import type { Node, Place } from '../node.ts';
import { isBody, isHclList, parseExpression, type Hcl, type HclFile } from './hcl.ts';

/** Literals a module gives to its variables and locals, and what it declares. */
export class TerraformScope {
  readonly #variables = new Map<string, Hcl | undefined>();
  readonly #locals = new Map<string, Hcl>();
  readonly #resources = new Set<string>();
  readonly #data = new Map<string, Hcl>();
  readonly #blocks = new Set<string>();

  constructor(files: readonly HclFile[], values: Readonly<Record<string, Hcl>>) {
    for (const { content } of files) {
      for (const [name, body] of labelled(content['variable'])) this.#variables.set(name, body['default']);
      for (const block of list(content['locals'])) {
        if (isBody(block)) for (const [name, value] of Object.entries(block)) this.#locals.set(name, value);
      }
      for (const [type, byName] of Object.entries(bodyOf(content['resource']))) {
        for (const name of Object.keys(bodyOf(byName))) this.#resources.add(`${type}.${name}`);
      }
      for (const [type, byName] of Object.entries(bodyOf(content['data']))) {
        for (const [name, body] of labelled(byName)) this.#data.set(`${type}.${name}`, body);
      }
      for (const name of Object.keys(bodyOf(content['module']))) this.#blocks.add(`module.${name}`);
    }
    for (const [name, value] of Object.entries(values)) {
      if (this.#variables.has(name)) this.#variables.set(name, value);
    }
  }

  /** A value as far as it can be known. */
  async resolve(value: Hcl | undefined, place: Place, depth = 0): Promise<Node | undefined> {
    if (value === undefined) return undefined;
    if (depth > 40) return unknown('it is nested too deeply', place);
    if (isHclList(value)) {
      const resolved = await Promise.all(value.map((item) => this.resolve(item, place, depth + 1)));
      return { kind: 'list', items: resolved.filter((item) => item !== undefined), place };
    }
    if (isBody(value)) {
      const members = new Map<string, Node>();
      for (const [name, member] of Object.entries(value)) {
        const node = await this.resolve(member, place, depth + 1);
        if (node !== undefined) members.set(name, node);
      }
      return { kind: 'members', members, place };
    }
    if (typeof value !== 'string' || !value.includes('${')) return { kind: 'scalar', value, place };
    return this.#expression(value, place, depth);
  }

  /** What it refers to and nobody declares: `var.name`, `local.name`, `aws_type.name`. */
  undeclared(value: Hcl): readonly string[] {
    if (isHclList(value)) return value.flatMap((item) => this.undeclared(item));
    if (isBody(value)) return Object.values(value).flatMap((item) => this.undeclared(item));
    if (typeof value !== 'string' || !value.includes('${')) return [];
    return referencesIn(value).filter((reference) => !this.#isDeclared(reference));
  }

  #isDeclared(reference: string): boolean {
    const [first = '', second = ''] = reference.split('.');
    if (first === 'var') return this.#variables.has(second);
    if (first === 'local') return this.#locals.has(second);
    return this.#resources.has(`${first}.${second}`);
  }

  async #expression(text: string, place: Place, depth: number): Promise<Node | undefined> {
    const encoded = /^\$\{\s*jsonencode\(([^]*)\)\s*\}$/.exec(text)?.[1];
    const parsed = encoded === undefined ? undefined : await parseExpression(encoded);
    if (parsed !== undefined) return this.resolve(parsed, place, depth + 1);
    const whole = /^\$\{([^]*)\}$/.exec(text)?.[1]?.trim();
    if (whole !== undefined && !/\$\{/.test(whole)) {
      const simple = await this.#simple(whole, place, depth);
      if (simple !== undefined) return simple === 'null' ? undefined : simple;
    }
    let open = false;
    const filled = text.replace(/\$\{\s*(var|local)\.([\w-]+)\s*\}/g, (part, kind: string, name: string) => {
      const value = kind === 'var' ? this.#variables.get(name) : this.#locals.get(name);
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        return String(value);
      open = true;
      return part;
    });
    if (!open && !filled.includes('${')) return { kind: 'scalar', value: filled, place };
    return unknown(
      `${JSON.stringify(text.slice(0, 80))} is known only when it is applied`,
      place,
      this.#mentions(text),
    );
  }

  async #simple(expression: string, place: Place, depth: number): Promise<Node | 'null' | undefined> {
    if (expression === 'null') return 'null';
    const [, kind, name = ''] = /^(var|local)\.([\w-]+)$/.exec(expression) ?? [];
    if (kind === 'var') {
      const value = this.#variables.get(name);
      if (value !== undefined && value !== null) return this.resolve(value, place, depth + 1);
      return unknown(`the variable ${name} has no default`, place);
    }
    if (kind === 'local') {
      const value = this.#locals.get(name);
      return value === undefined
        ? unknown(`the local ${name} is not declared`, place)
        : this.resolve(value, place, depth + 1);
    }
    const [, address, attribute = 'Ref'] =
      /^((?!data\.|module\.|each\.|self\.)[a-z]\w*\.[\w-]+)(?:\[[^\]]*\])?(?:\.([\w.[\]*]+))?$/.exec(
        expression,
      ) ?? [];
    if (address !== undefined) return { kind: 'reference', to: address, attribute, place };
    const policy = /^data\.aws_iam_policy_document\.([\w-]+)(?:\[[^\]]*\])?\.json$/.exec(expression)?.[1];
    if (policy !== undefined) return this.#policyDocument(policy, place, depth);
    return this.#choice(expression, place, depth);
  }

  /** `condition ? a : b` of literals and references. */
  async #choice(expression: string, place: Place, depth: number): Promise<Node | undefined> {
    const operand = String.raw`("[^"]*"|\[[^\]]*\]|[\w.-]+)`;
    const [, yes, no] =
      new RegExp(String.raw`^[^?]+\?\s*${operand}\s*:\s*${operand}$`).exec(expression) ?? [];
    if (yes === undefined || no === undefined) return undefined;
    const options = await Promise.all(
      [yes, no].map(async (one) => {
        if (one === 'null') return undefined;
        return this.resolve(await parseExpression(one), place, depth + 1);
      }),
    );
    return { kind: 'choice', options, place };
  }

  /** A policy written as data, in the words of a JSON policy. */
  async #policyDocument(name: string, place: Place, depth: number): Promise<Node | undefined> {
    const found = this.#data.get(`aws_iam_policy_document.${name}`);
    if (found === undefined) return unknown(`data.aws_iam_policy_document.${name} is not declared`, place);
    const body = bodyOf(found);
    if (body['dynamic'] !== undefined || body['source_policy_documents'] !== undefined) {
      return unknown('the policy is put together when it is applied', place);
    }
    const statements = list(body['statement']).map((statement) => {
      const { effect = 'Allow', actions = [], resources = [] } = bodyOf(statement);
      return { Effect: effect, Action: actions, Resource: resources };
    });
    return this.resolve({ Statement: statements }, place, depth + 1);
  }

  #mentions(text: string): readonly string[] {
    return referencesIn(text).filter((reference) => this.#resources.has(reference));
  }
}

/** `var.name`, `local.name` and `aws_type.name` in the expressions of a text. */
function referencesIn(text: string): readonly string[] {
  const pattern = /(?<![\w.-])(?:(var|local)\.([\w-]+)|(?<!data\.)(aws_\w+)\.([\w-]+))/g;
  return [...text.matchAll(/\$\{((?:[^{}]|\{[^{}]*\})*)\}/g)].flatMap(([, expression = '']) =>
    [...expression.replace(/"[^"$]*"/g, '""').matchAll(pattern)].map(([, kind, name, type, label]) =>
      kind === undefined ? `${type ?? ''}.${label ?? ''}` : `${kind}.${name ?? ''}`,
    ),
  );
}

export function bodyOf(value: Hcl | undefined): { readonly [name: string]: Hcl } {
  return isBody(value) ? value : {};
}

export function list(value: Hcl | undefined): readonly Hcl[] {
  return isHclList(value) ? value : [];
}

/** The blocks of a kind by their last label; of several with one name the last. */
function labelled(value: Hcl | undefined): readonly (readonly [string, { readonly [name: string]: Hcl }])[] {
  return Object.entries(bodyOf(value)).map(([name, blocks]) => [name, bodyOf(list(blocks).at(-1))] as const);
}

function unknown(why: string, place: Place, mentions: readonly string[] = []): Node {
  return { kind: 'unknown', why, mentions, place };
}
