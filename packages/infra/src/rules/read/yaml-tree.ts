import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Alias, type Document } from 'yaml';

import type { Place } from '../node.ts';
import { deepest, mostNodes, ReadProblem } from './read-problem.ts';

/** YAML or JSON as it is written, with every place; tags and aliases are resolved, intrinsic functions are not. */
export type Tree =
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly place: Place }
  | { readonly kind: 'list'; readonly items: readonly Tree[]; readonly place: Place }
  | TreeMap;

export interface TreeMap {
  readonly kind: 'map';
  readonly entries: readonly TreeEntry[];
  readonly place: Place;
}

export interface TreeEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Tree;
}

/** Throws {@link ReadProblem} for what is no YAML, nested too deeply or endless. */
export function parseYaml(file: string, text: string): Tree {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [error] = document.errors;
  if (error !== undefined)
    throw new ReadProblem(placeAt(error.pos[0]), `It is no YAML or JSON: ${error.message}`);
  return new Walk(document, placeAt).tree(document.contents, 0);
}

/** The short forms of CloudFormation as the long ones. */
function longName(tag: string): string | undefined {
  if (!/^![A-Z][A-Za-z0-9]*$/.test(tag)) return undefined;
  return tag === '!Ref' || tag === '!Condition' ? tag.slice(1) : `Fn::${tag.slice(1)}`;
}

class Walk {
  readonly #document: Document;
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<Alias, unknown>();
  #nodes = 0;

  constructor(document: Document, placeAt: (offset: number) => Place) {
    this.#document = document;
    this.#placeAt = placeAt;
  }

  tree(node: unknown, depth: number, fallback = 0): Tree {
    const offset = rangeOf(node) ?? fallback;
    const place = this.#placeAt(offset);
    if (depth > deepest) throw new ReadProblem(place, `It is nested deeper than ${deepest} levels.`);
    if (++this.#nodes > mostNodes) throw new ReadProblem(place, `It has more than ${mostNodes} values.`);
    if (isAlias(node)) return this.tree(this.#resolve(node), depth + 1, offset);
    const untagged = this.#untagged(node, place, depth, offset);
    const long = longName(tagOf(node));
    if (long === undefined) return untagged;
    return { kind: 'map', entries: [{ key: long, keyPlace: place, value: untagged }], place };
  }

  /** Once for each: to look for an anchor is to walk the document. */
  #resolve(alias: Alias): unknown {
    const known = this.#anchors.get(alias);
    if (known !== undefined) return known;
    const target: unknown = alias.resolve(this.#document);
    this.#anchors.set(alias, target);
    return target;
  }

  #untagged(node: unknown, place: Place, depth: number, offset: number): Tree {
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.tree(item, depth + 1, offset)), place };
    }
    if (isMap(node)) {
      const entries = node.items.flatMap(({ key, value }) => this.#entry(key, value, depth, offset));
      return { kind: 'map', entries, place };
    }
    return { kind: 'scalar', value: isScalar(node) ? primitive(node.value) : null, place };
  }

  #entry(key: unknown, value: unknown, depth: number, offset: number): readonly TreeEntry[] {
    const keyOffset = rangeOf(key) ?? offset;
    const name = isScalar(key) ? String(key.value) : '';
    const tree = this.tree(value, depth + 1, keyOffset);
    if (name !== '<<') return [{ key: name, keyPlace: this.#placeAt(keyOffset), value: tree }];
    const merged = tree.kind === 'list' ? tree.items : [tree];
    return merged.flatMap((one) => (one.kind === 'map' ? one.entries : []));
  }
}

function primitive(value: unknown): string | number | boolean | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'bigint' ? String(value) : null;
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const { range } = node;
  const first: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof first === 'number' ? first : undefined;
}

function tagOf(node: unknown): string {
  if (typeof node !== 'object' || node === null || !('tag' in node)) return '';
  return typeof node.tag === 'string' ? node.tag : '';
}

/** The value of a key; the last one counts, as it does for CloudFormation. */
export function entry(tree: Tree | undefined, key: string): TreeEntry | undefined {
  return tree?.kind === 'map' ? tree.entries.findLast((one) => one.key === key) : undefined;
}

export function textAt(tree: Tree | undefined, key: string): string | undefined {
  const value = entry(tree, key)?.value;
  return value?.kind === 'scalar' && value.value !== null ? String(value.value) : undefined;
}
