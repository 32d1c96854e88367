import * as sdk from '@aws-sdk/client-kinesis';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { describe, test } from 'vitest';

import { createLocalKinesis, type LocalKinesis, type LocalKinesisOptions } from '../../src/index.ts';

/** What a guarantee is about; the columns of docs/conformance.md. */
export const behaviours = [
  'happy path',
  'validation',
  'unknown resource',
  'ARN',
  'states',
  'pagination',
  'dry run',
  'limits',
  'KMS',
  'not emulated',
] as const;

export type Behaviour = (typeof behaviours)[number];

export type Answer = Record<string, any>;

/** An unmodified SDK client in the same process, on a clock that stands still. */
export interface Door extends AsyncDisposable {
  readonly kinesis: LocalKinesis;
  readonly clock: ManualClock;
  readonly client: sdk.KinesisClient;
  /** Answers what the service does, without the SDK's metadata. */
  call(operation: string, input?: object): Promise<Answer>;
  /** `Name: message` of the error the call must end in. */
  failure(operation: string, input?: object): Promise<string>;
}

export const account = '000000000000';
export const streamArn = arnOf('stream/s');

export function arnOf(resource: string, region: string = 'us-east-1', owner: string = account): string {
  return `arn:aws:kinesis:${region}:${owner}:${resource}`;
}

export async function openDoor(options: Omit<LocalKinesisOptions, 'clock'> = {}): Promise<Door> {
  const clock = createManualClock();
  const kinesis = await createLocalKinesis({ streams: { s: {} }, ...options, clock });
  const client = new sdk.KinesisClient({ ...kinesis.clientConfig, maxAttempts: 1 });
  const call = async (operation: string, input: object = {}): Promise<Answer> => {
    const { $metadata: _, ...answer } = await client.send(commandOf(operation, input));
    return answer;
  };
  return {
    kinesis,
    clock,
    client,
    call,
    async failure(operation, input) {
      const answer = await call(operation, input).catch((error: Error) => `${error.name}: ${error.message}`);
      if (typeof answer === 'string') return answer;
      throw new Error(`${operation} succeeded with ${JSON.stringify(answer)}`);
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await kinesis.close();
    },
  };
}

/** Every operation of the SDK. */
export const operations: readonly string[] = Object.keys(sdk)
  .filter((name) => /^[A-Z].*Command$/.test(name))
  .map((name) => name.slice(0, -'Command'.length))
  .toSorted();

/** One row of the table: what an operation guarantees. */
export function guarantee(
  operation: string,
  behaviour: Behaviour,
  title: string,
  check: (door: Door) => Promise<void>,
  options: Omit<LocalKinesisOptions, 'clock'> = {},
): void {
  describe(operation, () => {
    test(`[${behaviour}] ${title}`, async () => {
      await using door = await openDoor(options);
      await check(door);
    });
  });
}

export function required(...members: readonly string[]): string {
  const broken = members.map(
    (member) => `Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
  const errors = members.length > 1 ? 'errors' : 'error';
  return `ValidationException: ${members.length} validation ${errors} detected: ${broken.join('; ')}`;
}

type AnyCommand = Parameters<sdk.KinesisClient['send']>[0];

function commandOf(operation: string, input: object): AnyCommand {
  const Command = (sdk as unknown as Record<string, new (input: object) => AnyCommand>)[
    `${operation}Command`
  ];
  if (Command === undefined) throw new Error(`The SDK has no ${operation}.`);
  return new Command(input);
}
