import type { Template } from '../template/template.ts';
import type { Json } from './intrinsics.ts';
import { cloudFormationTemplate } from './template.ts';

/**
 * A template as CloudFormation takes it, in YAML for people: intrinsic functions in their short form, and above each
 * resource why it is so.
 *
 * @example
 * ```ts
 * await writeFile('stack.yaml', cloudFormationYaml(createStack(options)));
 * ```
 */
export function cloudFormationYaml(template: Template): string {
  const comments = new Map(template.resources.map(({ id, comment }) => [id, comment]));
  const sections = Object.entries(cloudFormationTemplate(template)).map(([name, section]) => {
    if (typeof section !== 'object' || Array.isArray(section)) return `${name}: ${scalar(section)}\n`;
    const members = Object.entries(section).map(([id, member]) => {
      const comment = name === 'Resources' ? comments.get(id) : undefined;
      const above = comment === undefined || comment === '' ? '' : `  # ${comment}\n`;
      return `${above}  ${id}:${below(member, 4)}`;
    });
    return `${name}:\n${members.join(name === 'Resources' ? '\n' : '')}`;
  });
  return sections.join('\n');
}

/** What follows a colon, line end included. */
function below(value: Json, indent: number): string {
  const tag = shortForm(value);
  if (tag !== undefined) return ` ${tag.name} ${tagged(tag.argument, indent)}\n`;
  if (typeof value !== 'object') return ` ${scalar(value)}\n`;
  const call = listCall(value);
  if (call !== undefined) return ` ${call.name}${argumentsOf(call.items, indent)}`;
  if (isList(value)) {
    if (value.length === 0) return ' []\n';
    return `\n${value.map((item) => `${' '.repeat(indent)}-${inList(item, indent + 2)}`).join('')}`;
  }
  const members = Object.entries(value);
  if (members.length === 0) return ' {}\n';
  return `\n${members.map(([name, member]) => `${' '.repeat(indent)}${key(name)}:${below(member, indent + 2)}`).join('')}`;
}

/** An item of a list: its first member stands on the line of the dash. */
function inList(item: Json, indent: number): string {
  if (
    typeof item !== 'object' ||
    isList(item) ||
    shortForm(item) !== undefined ||
    listCall(item) !== undefined
  )
    return below(item, indent);
  const text = below(item, indent);
  return text.startsWith('\n') ? ` ${text.slice(1 + indent)}` : text;
}

interface ShortForm {
  readonly name: string;
  readonly argument: string;
}

function shortForm(value: Json): ShortForm | undefined {
  if (typeof value !== 'object' || isList(value)) return undefined;
  const [entry, ...more] = Object.entries(value);
  if (entry === undefined || more.length > 0) return undefined;
  const [name, argument] = entry;
  if (name === 'Ref' && typeof argument === 'string') return { name: '!Ref', argument };
  if (name === 'Fn::Sub' && typeof argument === 'string') return { name: '!Sub', argument };
  if (name === 'Fn::GetAtt' && isList(argument))
    return { name: '!GetAtt', argument: argument.map(scalarText).join('.') };
  return undefined;
}

/** `!If`, `!Not` and their like. */
function listCall(value: Json): { readonly name: string; readonly items: readonly Json[] } | undefined {
  if (typeof value !== 'object' || isList(value)) return undefined;
  const [entry, ...more] = Object.entries(value);
  const name = /^Fn::(If|Not|Equals)$/.exec(entry?.[0] ?? '')?.[1];
  if (entry === undefined || name === undefined || more.length > 0 || !isList(entry[1])) return undefined;
  return { name: `!${name}`, items: entry[1] };
}

/** On the same line when none of them is an object, else below. */
function argumentsOf(items: readonly Json[], indent: number): string {
  const flow = items.map(inFlow);
  return flow.includes(undefined) ? below(items, indent) : ` [${flow.join(', ')}]\n`;
}

function inFlow(value: Json): string | undefined {
  if (typeof value !== 'object') return scalar(value);
  const tag = shortForm(value);
  if (tag !== undefined) return `${tag.name} ${tagged(tag.argument, 0)}`;
  const call = listCall(value);
  const flow = call?.items.map(inFlow);
  return flow === undefined || flow.includes(undefined) ? undefined : `${call?.name} [${flow.join(', ')}]`;
}

function tagged(argument: string, indent: number): string {
  if (!argument.endsWith('\n')) return scalar(argument);
  const lines = argument.trimEnd().split('\n');
  return `|\n${lines.map((text) => `${' '.repeat(indent)}${text}`).join('\n')}`;
}

function key(name: string): string {
  return /^[A-Za-z][\w-]*$/.test(name) ? name : scalar(name);
}

function scalar(value: Json): string {
  if (typeof value !== 'string') return scalarText(value);
  if (isPlain(value)) return value;
  return /'/.test(value) && !/["\\]/.test(value) ? `"${value}"` : `'${value.replaceAll("'", "''")}'`;
}

function scalarText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether YAML takes the text for itself, and nothing else. */
function isPlain(text: string): boolean {
  return (
    /^[A-Za-z/][^\n]*$/.test(text) &&
    !/: |:$| #|[{}[\]&*!|>'"%@`,]/.test(text) &&
    !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text) &&
    text.trim() === text
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
