import type { CommandSpec } from './command.ts';
import { dryRun, yes } from './confirmed.ts';
import { documentOutput } from './document-output.ts';
import type { OptionSpec } from './option.ts';
import { readBudget } from './read-budget.ts';
import { streamOfGroup } from './stream-of-group.ts';

const group = { name: 'group', about: 'the group, which is the name of its lease table' } as const;
const alive: readonly OptionSpec[] = [
  { kind: 'flag', name: 'force', about: 'do it though a live worker may hold the lease: it loses it' },
  {
    kind: 'duration',
    name: 'lease-duration',
    value: 'duration',
    default: '10s',
    about: "how long a lease must stand still for its owner to count as dead; the group's own leaseDuration",
  },
];

export const leasesCommands: readonly CommandSpec[] = [
  {
    name: 'leases ls',
    summary: 'list the leases of a group: who reads which shard, and how far it is',
    examples: [{ command: 'millrace leases ls billing', about: 'owner and checkpoint of each shard' }],
    arguments: [group],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/leases-ls.ts')).leasesLs,
  },
  {
    name: 'leases show',
    summary: 'show one lease, and the record its checkpoint stands at',
    examples: [{ command: 'millrace leases show billing 3', about: 'that of shardId-000000000003' }],
    arguments: [group, { name: 'shard', about: 'shardId-000000000003, or 3 for short; or the lease key' }],
    options: [streamOfGroup, readBudget, documentOutput],
    connects: true,
    load: async () => (await import('../commands/leases-show.ts')).leasesShow,
  },
  {
    name: 'leases release',
    summary: 'take leases from a dead worker, so that another can have them at once',
    examples: [
      { command: 'millrace leases release billing 3 4', about: 'those of two shards' },
      { command: 'millrace leases release billing --owner host-7-abc', about: 'all that a worker holds' },
    ],
    arguments: [group, { name: 'shard', optional: true, variadic: true, about: 'shards, or lease keys' }],
    options: [
      { kind: 'text', name: 'owner', value: 'worker', about: 'all leases of this worker' },
      ...alive,
      dryRun,
      documentOutput,
    ],
    connects: true,
    notes: [
      'Nothing is lost: the next worker goes on from the checkpoint. The write is conditional on the lease as it was seen, so a worker that renews it in that moment keeps it.',
    ],
    load: async () => (await import('../commands/leases-release.ts')).leasesRelease,
  },
  {
    name: 'leases reset',
    summary: 'move the checkpoints of a group, to read again or to skip',
    examples: [
      {
        command: 'millrace leases reset billing --to -2h --dry-run',
        about: 'how many records would be read again',
      },
      { command: 'millrace leases reset billing --to oldest --yes', about: 'everything again' },
    ],
    arguments: [group],
    options: [
      {
        kind: 'text',
        name: 'to',
        value: 'position',
        about: 'oldest, now, -15m, an ISO time, or with one --shard after:<sequence>; needed',
      },
      { kind: 'list', name: 'shard', value: 'id', about: 'only this shard' },
      streamOfGroup,
      ...alive,
      dryRun,
      yes,
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'A time becomes the sequence number before it, which workers of the Java KCL understand as well. Shards that were finished and have records from there on are opened again, before their children; those without are marked as finished. Parked keys are let go.',
      'The free leases are taken by the next worker. Stop the workers first: a live one is not robbed unless --force is given.',
    ],
    load: async () => (await import('../commands/leases-reset.ts')).leasesReset,
  },
];
