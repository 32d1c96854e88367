/** Where something stands in a file; lines and columns are counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A value of a template as far as it can be known before it is deployed. What cannot be known is said to be so, never
 * guessed.
 */
export type Node =
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly place: Place }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly place: Place }
  | MembersNode
  /** Another resource, or an attribute of it (`Ref` for the resource itself). */
  | { readonly kind: 'reference'; readonly to: string; readonly attribute: string; readonly place: Place }
  /** One of these, as a condition decides; undefined where one leaves it out. */
  | { readonly kind: 'choice'; readonly options: readonly (Node | undefined)[]; readonly place: Place }
  | {
      readonly kind: 'unknown';
      readonly why: string;
      /** Resources it mentions. */
      readonly mentions: readonly string[];
      readonly place: Place;
    };

export interface MembersNode {
  readonly kind: 'members';
  readonly members: ReadonlyMap<string, Node>;
  readonly place: Place;
}

export const nowhere: Place = { file: '', line: 1, column: 1 };

export function emptyMembers(place: Place): MembersNode {
  return { kind: 'members', members: new Map(), place };
}

/** What is at the end of a path: the member itself, or what stands in its way (an unknown, a choice). */
export function at(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  let here = node;
  for (const name of path) {
    if (here === undefined || here.kind === 'unknown' || here.kind === 'choice') return here;
    here = here.kind === 'members' ? here.members.get(name) : undefined;
  }
  return here;
}

/** Every way it may turn out; undefined where it may be missing. */
export function possibilities(
  node: Node | undefined,
): readonly (Exclude<Node, { kind: 'choice' }> | undefined)[] {
  if (node?.kind === 'choice') return node.options.flatMap(possibilities);
  if (node?.kind === 'scalar' && node.value === null) return [undefined];
  return [node];
}

export function items(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : [];
}

export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
}

/** Its number; text that is one counts, as it does in a template. */
export function numberOf(node: Node | undefined): number | undefined {
  if (
    node?.kind !== 'scalar' ||
    node.value === null ||
    node.value === '' ||
    typeof node.value === 'boolean'
  ) {
    return undefined;
  }
  const value = Number(node.value);
  return Number.isNaN(value) ? undefined : value;
}

/** True, or text that means it. */
export function isTrue(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && (node.value === true || node.value === 'true');
}

/** Ids of the resources it is, or mentions anywhere. */
export function mentioned(node: Node | undefined): readonly string[] {
  switch (node?.kind) {
    case 'reference':
      return [node.to];
    case 'unknown':
      return node.mentions;
    case 'list':
      return node.items.flatMap(mentioned);
    case 'members':
      return [...node.members.values()].flatMap(mentioned);
    case 'choice':
      return node.options.flatMap(mentioned);
    case 'scalar':
    case undefined:
      return [];
  }
  return [];
}

/** Whether any of it cannot be known. */
export function hasUnknown(node: Node | undefined): boolean {
  switch (node?.kind) {
    case 'unknown':
      return true;
    case 'list':
      return node.items.some(hasUnknown);
    case 'members':
      return [...node.members.values()].some(hasUnknown);
    case 'choice':
      return node.options.some(hasUnknown);
    case 'reference':
    case 'scalar':
    case undefined:
      return false;
  }
  return false;
}
