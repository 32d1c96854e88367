import type { CommandSpec, GroupSpec } from './command.ts';
import { checkCommands } from './check.ts';
import { consumersCommands } from './consumers.ts';
import { devCommands } from './dev.ts';
import { generateCommands } from './generate.ts';
import { commonOptions, connectionOptions } from './global-options.ts';
import { dlqCommands } from './dlq.ts';
import { groupsCommands } from './groups.ts';
import { helpCommands } from './help.ts';
import { keysCommands } from './keys.ts';
import { iamCommands } from './iam.ts';
import { lagCommands } from './lag.ts';
import { lambdaCommands } from './lambda.ts';
import { leasesCommands } from './leases.ts';
import type { OptionSpec } from './option.ts';
import { putCommands } from './put.ts';
import { monitorCommands } from './monitor.ts';
import { replayCommands } from './replay.ts';
import { serverCommands } from './server.ts';
import { shardsCommands } from './shards.ts';
import { streamsCommands } from './streams.ts';
import { tailCommands } from './tail.ts';

/** Every command: the one source of the parser, the help and docs/cli.md. */
export const commands: readonly CommandSpec[] = [
  ...serverCommands,
  ...devCommands,
  ...putCommands,
  ...tailCommands,
  ...streamsCommands,
  ...shardsCommands,
  ...consumersCommands,
  ...groupsCommands,
  ...leasesCommands,
  ...lagCommands,
  ...replayCommands,
  ...lambdaCommands,
  ...monitorCommands,
  ...keysCommands,
  ...dlqCommands,
  ...checkCommands,
  ...generateCommands,
  ...iamCommands,
  ...helpCommands,
];

export const groups: readonly GroupSpec[] = [
  { name: 'streams', summary: 'list, show, create and delete streams' },
  { name: 'shards', summary: 'list, show, split and merge shards; find the shard of a key' },
  { name: 'consumers', summary: 'list, show, register and deregister fan-out consumers' },
  { name: 'keys', summary: 'see how partition keys spread over shards' },
  { name: 'leases', summary: 'list, show, release and reset the leases of a consumer group' },
  { name: 'lambda', summary: 'make events, run a handler once and see what AWS would do next' },
  { name: 'dlq', summary: 'list, show and redrive what was given up, before its records expire' },
];

/** All a command takes: its own options first; a global one of the same name gives way. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  const own = new Set(command.options.map(({ name }) => name));
  const shared = [...(command.connects ? connectionOptions : []), ...commonOptions];
  return [...command.options, ...shared.filter(({ name }) => !own.has(name))];
}
