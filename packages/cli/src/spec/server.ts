import type { CommandSpec } from './command.ts';
import { serverFaultCommand } from './server-fault.ts';

export const serverCommands: readonly CommandSpec[] = [
  {
    name: 'server',
    summary: 'run a Kinesis (with a DynamoDB for leases and a CloudWatch) on this machine',
    examples: [
      { command: 'millrace server --stream orders:4', about: 'with a stream of 4 shards to begin with' },
      { command: 'millrace server --path ./data', about: 'still there after a restart, or a kill' },
      {
        command: 'millrace server --port 0 --json',
        about: 'any free port; a script reads which from stdout',
      },
    ],
    arguments: [],
    options: [
      {
        kind: 'integer',
        name: 'port',
        short: 'p',
        value: 'number',
        min: 0,
        max: 65_535,
        default: 4567,
        about: 'port to listen on; 0 takes any free one',
      },
      { kind: 'text', name: 'host', value: 'address', default: '127.0.0.1', about: 'address to listen on' },
      {
        kind: 'flag',
        name: 'allow-remote',
        about:
          'permit a host other than this machine: whoever reaches it can read, write and delete everything',
      },
      {
        kind: 'list',
        name: 'allow-host',
        value: 'name',
        about: "a name clients may use besides localhost and addresses, for example a container's",
      },
      { kind: 'list', name: 'stream', value: 'name[:shards]', about: 'a stream to begin with' },
      {
        kind: 'list',
        name: 'function',
        value: 'name=file',
        about: 'a function of its Lambda, for event source mappings made through the API; see millrace dev',
      },
      {
        kind: 'text',
        name: 'on-failure',
        value: 'folder',
        about:
          'with --function: what mappings give up goes to this folder, as to their queue, topic or bucket',
      },
      {
        kind: 'text',
        name: 'region',
        value: 'name',
        env: ['MILLRACE_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
        default: 'us-east-1',
        about: 'region it plays',
      },
      {
        kind: 'text',
        name: 'account-id',
        value: 'digits',
        about: 'account it plays, twelve digits; default: 000000000000',
      },
      {
        kind: 'duration',
        name: 'create-stream-ms',
        aliases: ['createStreamMs'],
        value: 'duration',
        default: '0',
        about: 'how long a new stream is CREATING',
      },
      {
        kind: 'duration',
        name: 'delete-stream-ms',
        aliases: ['deleteStreamMs'],
        value: 'duration',
        default: '0',
        about: 'how long a deleted stream is DELETING',
      },
      {
        kind: 'duration',
        name: 'update-stream-ms',
        aliases: ['updateStreamMs'],
        value: 'duration',
        default: '0',
        about: 'how long a stream is UPDATING after a reshard',
      },
      {
        kind: 'duration',
        name: 'register-consumer-ms',
        value: 'duration',
        default: '0',
        about: 'how long a new stream consumer is CREATING',
      },
      {
        kind: 'duration',
        name: 'deregister-consumer-ms',
        value: 'duration',
        default: '0',
        about: 'how long a deregistered stream consumer is DELETING',
      },
      {
        kind: 'integer',
        name: 'shard-limit',
        aliases: ['shardLimit'],
        value: 'count',
        min: 1,
        max: 1_000_000,
        default: 20_000,
        about: 'open shards the account may have',
      },
      {
        kind: 'text',
        name: 'path',
        value: 'folder',
        about: 'keep everything in this folder across restarts; default: in memory',
      },
      {
        kind: 'text',
        name: 'durability',
        value: 'what',
        choices: ['process', 'fsync'],
        default: 'process',
        about: 'with --path: what acknowledged records outlive, the process (any kill) or the power (fsync)',
      },
      {
        kind: 'flag',
        name: 'repair',
        about: 'with --path: go on with what can be read of a damaged folder',
      },
      {
        kind: 'flag',
        name: 'enforce-limits',
        about: "refuse what is over a shard's rates and an account's quotas, as AWS does",
      },
      {
        kind: 'list',
        name: 'kms-key',
        value: 'key=state',
        about:
          'a KMS key (id, ARN or alias) that is disabled, denied, missing, invalid-state, opt-in-required or throttled; ' +
          'every other works',
      },
      {
        kind: 'text',
        name: 'channels',
        value: 'folder',
        about:
          'a folder that stands in for S3, so that channels can deliver there; without it there are none',
      },
      {
        kind: 'text',
        name: 'faults',
        value: 'file',
        about: 'a JSON list of faults to begin with; more while it runs: millrace server fault',
      },
      { kind: 'flag', name: 'tls', about: 'serve HTTPS too, with a new certificate for localhost' },
      {
        kind: 'integer',
        name: 'tls-port',
        value: 'number',
        min: 0,
        max: 65_535,
        about: 'port for HTTPS; default: 4568, or any free one with --port 0',
      },
      { kind: 'text', name: 'tls-key', value: 'file', about: 'private key for HTTPS, PEM; with --tls-cert' },
      { kind: 'text', name: 'tls-cert', value: 'file', about: 'certificate for HTTPS, PEM; with --tls-key' },
      {
        kind: 'text',
        name: 'tls-ca-file',
        value: 'file',
        about: 'write what clients must trust here, for NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE',
      },
      {
        kind: 'text',
        name: 'policy',
        value: 'file',
        about: 'allow only what this identity policy of IAM allows, as printed by millrace iam',
      },
      {
        kind: 'flag',
        name: 'verify-signatures',
        about:
          'let in only requests signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) of ' +
          "this command's environment",
      },
    ],
    connects: false,
    notes: [
      'Prints one line on stdout when it is ready, and stops at Ctrl-C or SIGTERM. Without --path everything is in memory.',
      "kinesalite's flag names (--createStreamMs, …) work as well.",
    ],
    load: async () => (await import('../commands/server.ts')).server,
  },
  serverFaultCommand,
];
