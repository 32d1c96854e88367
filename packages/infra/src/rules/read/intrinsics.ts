import type { Node, Place } from '../node.ts';
import { entry, type Tree, type TreeEntry } from './yaml-tree.ts';

/** What intrinsic functions are resolved against. */
export interface Scope {
  readonly resources: ReadonlySet<string>;
  /** Default values of parameters; undefined for one without. */
  readonly parameters: ReadonlyMap<string, string | number | boolean | undefined>;
  readonly mappings: Tree | undefined;
}

/** A value of the template, its intrinsic functions resolved as far as they can be. Undefined for `AWS::NoValue`. */
export function resolve(tree: Tree, scope: Scope): Node | undefined {
  if (tree.kind === 'scalar') return tree;
  if (tree.kind === 'list') {
    return {
      kind: 'list',
      items: tree.items.flatMap((item) => resolve(item, scope) ?? []),
      place: tree.place,
    };
  }
  const [only, ...more] = tree.entries;
  if (only !== undefined && more.length === 0 && /^(?:Ref|Fn::\w+)$/.test(only.key)) {
    return intrinsic(only, tree.place, scope);
  }
  const members = new Map<string, Node>();
  for (const { key, value, keyPlace } of tree.entries) {
    const node = resolve(value, scope);
    if (node !== undefined) members.set(key, { ...node, place: keyPlace });
  }
  return { kind: 'members', members, place: tree.place };
}

function intrinsic({ key, value }: TreeEntry, place: Place, scope: Scope): Node | undefined {
  switch (key) {
    case 'Ref':
      return refer(scalarText(value), place, scope);
    case 'Fn::GetAtt':
      return getAttribute(value, place);
    case 'Fn::If':
      return choose(value, place, scope);
    case 'Fn::Sub':
      return substitute(value, place, scope);
    case 'Fn::Join':
      return join(value, place, scope);
    case 'Fn::FindInMap':
      return findInMap(value, place, scope);
    default:
      return unknown(
        `${`${key} ${scalarText(value)}`.trim()} is known only when it is deployed`,
        place,
        mentionsOf(value, scope),
      );
  }
}

function refer(name: string, place: Place, scope: Scope): Node | undefined {
  if (name === 'AWS::NoValue') return undefined;
  if (scope.resources.has(name)) return { kind: 'reference', to: name, attribute: 'Ref', place };
  if (!scope.parameters.has(name)) return unknown(`${name} is known only when it is deployed`, place);
  const value = scope.parameters.get(name);
  if (value === undefined) return unknown(`the parameter ${name} has no default`, place);
  return { kind: 'scalar', value, place };
}

function getAttribute(value: Tree, place: Place): Node {
  const parts = value.kind === 'list' ? value.items.map(scalarText) : splitOnce(scalarText(value));
  const [to = '', attribute = ''] = parts;
  return { kind: 'reference', to, attribute, place };
}

function splitOnce(text: string): readonly string[] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

function choose(value: Tree, place: Place, scope: Scope): Node {
  const [, yes, no] = value.kind === 'list' ? value.items : [];
  const options = [yes, no].map((option) => (option === undefined ? undefined : resolve(option, scope)));
  return { kind: 'choice', options, place };
}

function substitute(value: Tree, place: Place, scope: Scope): Node {
  const [template, variables] = value.kind === 'list' ? value.items : [value];
  const text = scalarText(template);
  const mentions: string[] = [];
  let open = false;
  const filled = text.replace(/\$\{(!?)([^}]*)\}/g, (whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const own = entry(variables, name)?.value;
    const node = own === undefined ? refer(name, place, scope) : resolve(own, scope);
    if (node?.kind === 'scalar' && node.value !== null) return String(node.value);
    open = true;
    const [target = ''] = name.split('.');
    if (scope.resources.has(target)) mentions.push(target);
    if (node !== undefined) mentions.push(...mentionedBy(node));
    return whole;
  });
  return open
    ? unknown(`${JSON.stringify(text)} is filled in when it is deployed`, place, mentions)
    : { kind: 'scalar', value: filled, place };
}

function mentionedBy(node: Node): readonly string[] {
  if (node.kind === 'reference') return [node.to];
  return node.kind === 'unknown' ? node.mentions : [];
}

function join(value: Tree, place: Place, scope: Scope): Node {
  const [separator, list] = value.kind === 'list' ? value.items : [];
  const parts = (list?.kind === 'list' ? list.items : []).map((item) => resolve(item, scope));
  const texts = parts.map((part) =>
    part?.kind === 'scalar' && part.value !== null ? String(part.value) : undefined,
  );
  if (list?.kind === 'list' && texts.every((text) => text !== undefined)) {
    return { kind: 'scalar', value: texts.join(scalarText(separator)), place };
  }
  const mentions = parts.flatMap((part) => (part === undefined ? [] : mentionedBy(part)));
  return unknown('it is joined when it is deployed', place, mentions);
}

function findInMap(value: Tree, place: Place, scope: Scope): Node {
  const keys = (value.kind === 'list' ? value.items : []).map((item) => {
    const node = resolve(item, scope);
    return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
  });
  let found = scope.mappings;
  for (const key of keys.slice(0, 3)) found = key === undefined ? undefined : entry(found, key)?.value;
  if (found === undefined || keys.length < 3)
    return unknown('its key in the mapping is known only when it is deployed', place);
  return resolve(found, scope) ?? unknown('the mapping has no value', place);
}

/** Ids of resources anywhere in it. */
function mentionsOf(tree: Tree, scope: Scope): readonly string[] {
  if (tree.kind === 'scalar') {
    const [name = ''] = splitOnce(scalarText(tree));
    return scope.resources.has(name) ? [name] : [];
  }
  if (tree.kind === 'list') return tree.items.flatMap((item) => mentionsOf(item, scope));
  return tree.entries.flatMap(({ value }) => mentionsOf(value, scope));
}

function scalarText(tree: Tree | undefined): string {
  return tree?.kind === 'scalar' && tree.value !== null ? String(tree.value) : '';
}

function unknown(why: string, place: Place, mentions: readonly string[] = []): Node {
  return { kind: 'unknown', why, mentions, place };
}
