import type { CommandSpec, GroupSpec } from './command.ts';
import { commonOptions, connectionOptions } from './global-options.ts';
import { helpCommands } from './help.ts';
import type { OptionSpec } from './option.ts';
import { putCommands } from './put.ts';
import { serverCommands } from './server.ts';
import { shardsCommands } from './shards.ts';
import { streamsCommands } from './streams.ts';
import { tailCommands } from './tail.ts';

/** Every command: the one source of the parser, the help and docs/cli.md. */
export const commands: readonly CommandSpec[] = [
  ...serverCommands,
  ...putCommands,
  ...tailCommands,
  ...streamsCommands,
  ...shardsCommands,
  ...helpCommands,
];

export const groups: readonly GroupSpec[] = [
  { name: 'streams', summary: 'list, show, create and delete streams' },
  { name: 'shards', summary: 'list, show, split and merge shards; find the shard of a key' },
];

/** All a command takes: its own options first; a global one of the same name gives way. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  const own = new Set(command.options.map(({ name }) => name));
  const shared = [...(command.connects ? connectionOptions : []), ...commonOptions];
  return [...command.options, ...shared.filter(({ name }) => !own.has(name))];
}
