import { expect, test } from 'vitest';

import { commands, groups, optionsOf } from '../../src/spec/commands.ts';
import { topics } from '../../src/spec/topics.ts';
import { runCli } from '../support/run-cli.ts';

test('millrace --help is its golden transcript, and so is millrace alone', async () => {
  const { code, stdout, stderr } = await runCli(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await expect(stdout).toMatchFileSnapshot('../golden/help.txt');
  for (const argv of [[], ['-h'], ['help']]) expect((await runCli(argv)).stdout).toBe(stdout);
});

test.each(commands.map(({ name }) => name))('millrace %s --help is its golden transcript', async (name) => {
  const { code, stdout, stderr } = await runCli([...name.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await expect(stdout).toMatchFileSnapshot(`../golden/help-${name.replace(' ', '-')}.txt`);
  expect((await runCli(['help', ...name.split(' ')])).stdout).toBe(stdout);
});

test.each(topics)('millrace help $name is its golden transcript', async ({ name }) => {
  const { code, stdout } = await runCli(['help', name]);
  expect(code).toBe(0);
  await expect(stdout).toMatchFileSnapshot(`../golden/topic-${name}.txt`);
});

test.each(groups)('millrace $name --help lists every command of the group', async ({ name }) => {
  const { code, stdout } = await runCli([name, '--help']);
  expect(code).toBe(0);
  for (const command of commands.filter((some) => some.name.startsWith(`${name} `))) {
    expect(stdout).toContain(command.name);
  }
});

test('a group without a command shows its help on stderr and is a usage error', async () => {
  const { code, stdout, stderr } = await runCli(['streams']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('streams create');
});

test.each([70, 80, 99])(
  'on a terminal of %i columns only what is typed as it stands is wider',
  async (columns) => {
    for (const { name, examples } of commands) {
      const { stdout } = await runCli([...name.split(' '), '--help'], { room: { columns, rows: 24 } });
      expect((await runCli(['help', ...name.split(' ')], { room: { columns, rows: 24 } })).stdout).toBe(
        stdout,
      );
      const typed = examples.map(({ command }) => `  ${command}`);
      for (const line of stdout.split('\n').filter((some) => !typed.includes(some))) {
        expect(line.length).toBeLessThanOrEqual(columns);
      }
    }
  },
);

test('no line of any help is wider than 100 characters, and none ends in a space', async () => {
  for (const { name } of commands) {
    const { stdout } = await runCli([...name.split(' '), '--help']);
    for (const line of stdout.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(100);
      expect(line).toBe(line.trimEnd());
    }
  }
});

test('every command can be loaded, and its option names and letters are unique', async () => {
  for (const command of commands) {
    expect(typeof (await command.load())).toBe('function');
    const options = optionsOf(command);
    const names = options.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    const letters = options.flatMap(({ short }) => (short === undefined ? [] : [short]));
    expect(names).toEqual([...new Set(names)]);
    expect(letters).toEqual([...new Set(letters)]);
  }
});

test('help on something unknown names the topics', async () => {
  const { code, stderr } = await runCli(['help', 'everything']);
  expect(code).toBe(2);
  expect(stderr).toContain('position, where, format, exit-codes');
});

test('--version prints the version of the package', async () => {
  expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
