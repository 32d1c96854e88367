import * as sdk from '@aws-sdk/client-kinesis';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';

import { createLocalKinesis, type LocalKinesis, type LocalKinesisOptions } from '../../src/index.ts';

type Commands = {
  readonly [K in keyof typeof sdk as K extends `${infer Name}Command` ? Name : never]: (typeof sdk)[K];
};

/** What a command resolves to, as the SDK types it. */
type OutputOf<C> = C extends new (input: never) => {
  resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: infer Output }>;
}
  ? Output
  : never;

/** The SDK makes every member optional; a test reads those the service always gives. */
type Given<T> = T extends Date | Uint8Array | AsyncIterable<unknown>
  ? T
  : T extends readonly (infer Item)[]
    ? Given<Item>[]
    : T extends object
      ? { [K in keyof T]-?: Given<NonNullable<T[K]>> }
      : T;

/** What operations answer, without the SDK's metadata. */
export type Answers = {
  readonly [O in keyof Commands]: Given<Omit<OutputOf<Commands[O]>, '$metadata'>>;
};

/** An unmodified SDK client in the same process, on a clock that stands still. */
export interface Door extends AsyncDisposable {
  readonly kinesis: LocalKinesis;
  readonly clock: ManualClock;
  readonly client: sdk.KinesisClient;
  /** Answers what the service does, without the SDK's metadata. */
  call<O extends keyof Answers>(operation: O, input?: object): Promise<Answers[O]>;
  call(operation: string, input?: object): Promise<object>;
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
  const call = async (operation: string, input: object = {}): Promise<object> => {
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

/** A check through a door of its own, as the body of a test. */
export function through(
  check: (door: Door) => Promise<void>,
  options: Omit<LocalKinesisOptions, 'clock'> = {},
): () => Promise<void> {
  return async () => {
    await using door = await openDoor(options);
    await check(door);
  };
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
