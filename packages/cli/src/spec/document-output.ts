import type { TextOption } from './option.ts';

/** How a command that does not stream writes its answer. */
export const documentOutput: TextOption = {
  kind: 'text',
  name: 'output',
  short: 'o',
  value: 'format',
  choices: ['table', 'json', 'ndjson'],
  about: 'default: table on a terminal, else ndjson; --json stands for json',
};
