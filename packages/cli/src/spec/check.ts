import type { CommandSpec } from './command.ts';

export const checkCommands: readonly CommandSpec[] = [
  {
    name: 'check',
    summary: 'find what loses records in templates (CloudFormation, SAM, CDK, Terraform)',
    examples: [
      { command: 'millrace check template.yaml', about: 'where, what can be lost, and what to do' },
      { command: 'millrace check infra/ --severity warning', about: 'every template and module of a folder' },
      { command: 'millrace check cdk.out --sarif > millrace.sarif', about: 'for code scanning' },
    ],
    arguments: [{ name: 'path', variadic: true, about: 'templates, .tf files, and folders of them' }],
    options: [
      {
        kind: 'text',
        name: 'severity',
        value: 'level',
        choices: ['error', 'warning', 'note'],
        about: 'the least that is shown and counts; default: all are shown, and notes do not count',
      },
      { kind: 'flag', name: 'sarif', about: 'write a SARIF 2.1.0 log, with what is suppressed' },
      {
        kind: 'text',
        name: 'output',
        short: 'o',
        value: 'format',
        choices: ['text', 'json', 'ndjson', 'sarif'],
        about: 'default: text on a terminal, else ndjson; --json and --sarif stand for those',
      },
    ],
    connects: false,
    notes: [
      'With errors or warnings the exit code is 7; a file that cannot be read is one. What is known only when it is deployed is ' +
        'listed with --verbose, and counts for nothing. All rules: docs/rules.md.',
      'To answer a finding, write # millrace:ignore KST003 -- the reason on its line, above it or above its resource.',
    ],
    load: async () => (await import('../commands/check.ts')).check,
  },
];
