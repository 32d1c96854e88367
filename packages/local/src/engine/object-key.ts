/** The layout of object keys when a channel does not give one. */
export const keyTemplate: string =
  'kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/' +
  '!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}';

export interface KeyParts {
  readonly channelName: string;
  readonly channelId: string;
  /** With its dot. */
  readonly extension: string;
  /** Milliseconds since the epoch; the key shows it in UTC. */
  readonly time: number;
  /** Tells objects of the same minute apart. */
  readonly suffix: string;
}

/** What is wrong with a template, undefined when nothing is. */
export function templateFault(template: string): string | undefined {
  if (template.startsWith('/') || template.endsWith('/')) return 'must not begin or end with /';
  if (template.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'must not contain empty, . or .. segments';
  }
  const unknown = [...template.matchAll(variable)].find(([, name = '']) => !names.has(name));
  if (unknown !== undefined) return `contains the unknown variable ${unknown[0]}`;
  return /[{}]|!(?=\{)/.test(template.replaceAll(variable, '')) ? 'contains an unclosed variable' : undefined;
}

/** The key of an object; the suffix goes before the extension, or to the end of a key that does not show it. */
export function objectKey(template: string, parts: KeyParts): string {
  const [date = '', clock = ''] = new Date(parts.time).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const [hour = '', minute = ''] = clock.split(':');
  const values = new Map([
    ['channel-name', parts.channelName],
    ['channel-id', parts.channelId],
    ['yyyy', year],
    ['MM', month],
    ['dd', day],
    ['HH', hour],
    ['mm', minute],
    ['extension', parts.extension],
  ]);
  const key = template.replaceAll(variable, (_, name: string) => values.get(name) ?? '');
  return key.endsWith(parts.extension)
    ? `${key.slice(0, -parts.extension.length)}-${parts.suffix}${parts.extension}`
    : `${key}-${parts.suffix}`;
}

const variable = /!\{([^{}]*)\}/g;
const names: ReadonlySet<string> = new Set([
  'channel-name',
  'channel-id',
  'yyyy',
  'MM',
  'dd',
  'HH',
  'mm',
  'extension',
]);
