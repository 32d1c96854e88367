import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import { readBudget } from './read-budget.ts';
import { streamOfGroup } from './stream-of-group.ts';

export const groupsCommands: readonly CommandSpec[] = [
  {
    name: 'groups',
    summary: 'list consumer groups: their stream, workers, shards and lag',
    examples: [
      { command: 'millrace groups', about: 'every lease table of the account and region' },
      { command: 'millrace groups billing', about: 'one of them' },
    ],
    arguments: [{ name: 'group', optional: true, about: 'the group, which is the name of its lease table' }],
    options: [
      streamOfGroup,
      { kind: 'flag', name: 'no-lag', about: 'do not read the streams to see how far behind the groups are' },
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'A group is a DynamoDB table with the string key leaseKey and no sort key: ours and those of the KCL 2.x and 3.x, of one stream or several.',
      'A table of one stream does not name it. It is found by its hash ranges and checkpoints; where several fit, all are shown.',
    ],
    load: async () => (await import('../commands/groups.ts')).groups,
  },
];
