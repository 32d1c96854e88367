import type { OptionSpec } from './option.ts';

/** What every command takes. */
export const commonOptions: readonly OptionSpec[] = [
  {
    kind: 'flag',
    name: 'json',
    about: 'write one JSON document (a command that streams: one line for each record); errors as JSON, too',
  },
  {
    kind: 'text',
    name: 'color',
    value: 'when',
    choices: ['auto', 'always', 'never'],
    default: 'auto',
    about: 'colour; NO_COLOR and FORCE_COLOR count as well',
  },
  { kind: 'flag', name: 'quiet', short: 'q', about: 'on stderr, only errors and warnings' },
  { kind: 'flag', name: 'verbose', short: 'v', about: 'say more' },
  { kind: 'flag', name: 'debug', about: 'with an error, show where it comes from; secrets are left out' },
];

/** Which Kinesis; taken by every command that talks to one. */
export const connectionOptions: readonly OptionSpec[] = [
  {
    kind: 'flag',
    name: 'local',
    env: ['MILLRACE_LOCAL'],
    about: 'a millrace server on this machine: http://127.0.0.1:4567, no credentials needed',
  },
  {
    kind: 'text',
    name: 'endpoint-url',
    value: 'url',
    env: ['MILLRACE_ENDPOINT_URL', 'AWS_ENDPOINT_URL_KINESIS', 'AWS_ENDPOINT_URL'],
    about: "another Kinesis than the region's",
  },
  {
    kind: 'text',
    name: 'region',
    value: 'name',
    env: ['MILLRACE_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    about: 'AWS region',
  },
  {
    kind: 'text',
    name: 'profile',
    value: 'name',
    env: ['MILLRACE_PROFILE', 'AWS_PROFILE'],
    about: 'profile of the AWS shared configuration',
  },
];
