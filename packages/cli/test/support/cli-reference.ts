import { exitCodeMeanings } from '../../src/errors/exit-code.ts';
import { commands } from '../../src/spec/commands.ts';
import { connectionOptions } from '../../src/spec/global-options.ts';
import { renderCommandHelp } from '../../src/spec/help-text.ts';
import { topics } from '../../src/spec/topics.ts';

/** docs/cli.md, all of it: prose from here, facts from the tables that the command itself runs by. */
export function renderReference(): string {
  return (
    [
      '# The millrace command',
      'Run, feed, read and inspect Kinesis streams, on AWS or on this machine. A test writes this page from the command’s own tables (`npx vitest run packages/cli -u`), so it says what the command does.',
      fenced('bash', [
        'npx millrace server --stream orders:2                    # a Kinesis on this machine',
        `npx millrace put orders '{"id":1}' --key ada --local     # in another terminal`,
        'npx millrace tail orders --from oldest --local',
      ]),
      '## What holds for every command',
      [
        'Stdout carries data and nothing else; everything for people goes to stderr.',
        'At a terminal answers are made for eyes. In a pipe they are NDJSON, one line for each item. `--json` makes them one document; with `tail` one line for each record, with `server` the ready line.',
        'An error says what happened, whom was asked and what to do. With `--json` it is one line on stderr: `{"code","message","hint"}`. `--debug` adds the causes; credentials are left out.',
        'A reader that goes away (`| head -1`) is no error.',
        'The first Ctrl-C (or SIGTERM) stops in good order, the second at once.',
        'Nothing is deleted without `--yes`, or the name typed at a terminal.',
        'Nothing is sent anywhere but to the Kinesis you name: no telemetry, no update check.',
      ]
        .map((line) => `- ${line}`)
        .join('\n'),
      '## Which Kinesis',
      'A flag comes first, then the environment, then the AWS shared configuration (`~/.aws`). Credentials are found as by every AWS SDK; for a server on this machine none are needed.',
      connectionOptions
        .map(
          (option) =>
            `- \`--${option.name}\`, else ${(option.env ?? []).map((name) => `\`${name}\``).join(', ')}`,
        )
        .join('\n'),
      '## Exit codes',
      exitCodeMeanings.map(({ code, meaning }) => `- \`${code}\` ${meaning}`).join('\n'),
      '## Positions',
      fenced('text', [topic('position')]),
      '## Record format',
      fenced('text', [topic('format')]),
      '## Commands',
      ...commands.flatMap((command) => [
        `### millrace ${command.name}`,
        fenced('text', [renderCommandHelp(command).trimEnd()]),
      ]),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function topic(name: string): string {
  return topics.find((some) => some.name === name)?.text.trimEnd() ?? '';
}

function fenced(language: string, lines: readonly string[]): string {
  return ['```' + language, ...lines, '```'].join('\n');
}
