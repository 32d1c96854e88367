import { readFileSync } from 'node:fs';

interface Member {
  readonly type?: string;
  readonly block?: Readonly<Record<string, Member>>;
  readonly required?: boolean;
}

interface Schema {
  readonly resources: Readonly<
    Record<
      string,
      { readonly arguments: Readonly<Record<string, Member>>; readonly attributes: readonly string[] }
    >
  >;
}

const schema = JSON.parse(readFileSync(new URL('provider-schema.json', import.meta.url), 'utf8')) as Schema;
const metaArguments = new Set(['count', 'depends_on', 'for_each', 'lifecycle', 'provider']);

/** What the AWS provider would say of the resources of a parsed module: unknown, missing or mistyped arguments. */
export function checkAgainstProvider(parsed: Readonly<Record<string, unknown>>): readonly string[] {
  const resources = (parsed['resource'] ?? {}) as Record<string, Record<string, readonly object[]>>;
  return Object.entries(resources).flatMap(([type, byLabel]) => {
    const known = schema.resources[type];
    return Object.entries(byLabel).flatMap(([label, [body = {}]]) =>
      known === undefined
        ? [`${type}.${label}: no such resource`]
        : checkBody(`${type}.${label}`, body, known.arguments),
    );
  });
}

/** References to attributes that a resource does not have, and to what is not declared. */
export function checkReferences(
  references: readonly string[],
  parsed: Readonly<Record<string, unknown>>,
): readonly string[] {
  const declared = parsed as Record<string, Record<string, Record<string, unknown>>>;
  return [...new Set(references)].flatMap((reference) => {
    const [first = '', second = '', third = ''] = reference.split('.');
    if (first === 'var') return declared['variable']?.[second] === undefined ? [reference] : [];
    if (first === 'data') return declared['data']?.[second]?.[third] === undefined ? [reference] : [];
    if (declared['resource']?.[first]?.[second] === undefined) return [reference];
    const known = schema.resources[first];
    const has =
      third === '' || known?.attributes.includes(third) === true || known?.arguments[third] !== undefined;
    return has ? [] : [reference];
  });
}

function checkBody(
  path: string,
  written: object,
  known: Readonly<Record<string, Member>>,
): readonly string[] {
  const body = withDynamicBlocks(written);
  const given = Object.entries(body).filter(([name]) => !metaArguments.has(name));
  return [
    ...Object.entries(known)
      .filter(([name, { required }]) => required === true && !(name in body))
      .map(([name]) => `${path}.${name}: missing`),
    ...given.flatMap(([name, value]) => {
      const member = known[name];
      if (member === undefined) return [`${path}.${name}: no such argument`];
      return member.block === undefined
        ? checkType(`${path}.${name}`, value, member.type)
        : checkBlock(`${path}.${name}`, value, member.block);
    }),
  ];
}

/** A dynamic block is held to be there. */
function withDynamicBlocks({ dynamic = {}, ...body }: { readonly dynamic?: object }): object {
  const blocks = Object.entries(dynamic as Record<string, readonly { readonly content: unknown }[]>);
  return { ...body, ...Object.fromEntries(blocks.map(([name, [block]]) => [name, block?.content])) };
}

function checkBlock(
  path: string,
  value: unknown,
  known: Readonly<Record<string, Member>>,
): readonly string[] {
  if (!Array.isArray(value)) return [`${path}: no block`];
  return value.flatMap((item: object) => checkBody(path, item, known));
}

function checkType(path: string, value: unknown, type: string | undefined): readonly string[] {
  if (typeof value === 'string' && value.startsWith('${')) return [];
  const got = Array.isArray(value) ? 'list' : typeof value === 'object' ? 'map' : typeof value;
  return got === type ? [] : [`${path}: ${got} for ${type ?? 'a block'}`];
}
