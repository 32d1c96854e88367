import { CloudwatchError } from './cloudwatch-error.ts';

const deepest = 16;

/**
 * The members of a form such as `MetricData.member.1.Value=3` as structures and lists. Lists are in the order of
 * their numbers, whatever those are. Throws `CloudwatchError` for one that is nested too deeply.
 */
export function parseQuery(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const root: Node = new Map();
  for (const [name, value] of form) {
    const path = name.split('.');
    if (path.length > deepest) {
      throw new CloudwatchError(
        'InvalidFormatFault',
        `The parameter ${name.slice(0, 100)} is nested too deeply.`,
      );
    }
    place(root, path, value);
  }
  return membersOf(root);
}

type Node = Map<string, Node | string>;

function place(root: Node, path: readonly string[], value: string): void {
  let node = root;
  for (const part of path.slice(0, -1)) {
    const next = node.get(part);
    if (next instanceof Map) node = next;
    else {
      const made: Node = new Map();
      node.set(part, made);
      node = made;
    }
  }
  node.set(path.at(-1) ?? '', value);
}

function valueOf(node: Node | string): unknown {
  if (typeof node === 'string') return node;
  const list = node.size === 1 ? node.get('member') : undefined;
  if (!(list instanceof Map)) return membersOf(node);
  return [...list].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, item]) => valueOf(item));
}

function membersOf(node: Node): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = Object.create(null);
  for (const [name, value] of node) members[name] = valueOf(value);
  return members;
}

/** The members of an answer as XML: lists as `member` elements, maps as `entry` elements, times as ISO 8601. */
export function encodeXml(value: object): string {
  return Object.entries(value)
    .map(([name, member]) => (member === undefined ? '' : `<${name}>${contentOf(member)}</${name}>`))
    .join('');
}

function contentOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => `<member>${contentOf(item)}</member>`).join('');
  if (value instanceof Map) {
    return [...value].map(([key, one]) => `<entry>${encodeXml({ key, value: one })}</entry>`).join('');
  }
  if (typeof value === 'object' && value !== null) return encodeXml(value);
  return escapeXml(String(value));
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]|(?![\t\n\r])\p{Cc}/gu, (found) => entities[found] ?? '\uFFFD');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
