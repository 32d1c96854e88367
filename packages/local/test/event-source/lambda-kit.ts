import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda';

import type { LocalKinesisOptions } from '../../src/index.ts';
import { openKit, streamArn } from './kit.ts';

/** The unmodified SDK, on a local Kinesis with a function `bill` when `options` name no others. */
export async function openLambda(options: LocalKinesisOptions = {}) {
  const kit = await openKit({ functions: { bill: () => ({}) }, ...options });
  const lambda = new LambdaClient({ ...kit.kinesis.clientConfig, maxAttempts: 1 });
  const create = (input: Partial<CreateEventSourceMappingCommandInput> = {}) =>
    lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'bill',
        EventSourceArn: streamArn,
        StartingPosition: 'TRIM_HORIZON',
        ...input,
      }),
    );
  const failure = (input: object): Promise<unknown> => failureOf(create(input));
  const get = (UUID: string | undefined) => lambda.send(new GetEventSourceMappingCommand({ UUID }));
  const update = (UUID: string | undefined, input: object) =>
    lambda.send(new UpdateEventSourceMappingCommand({ UUID, ...input }));
  const list = (input: object = {}) => lambda.send(new ListEventSourceMappingsCommand(input));
  const remove = (UUID: string | undefined) => lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  return {
    ...kit,
    lambda,
    create,
    failure,
    get,
    update,
    list,
    remove,
    [Symbol.asyncDispose]: () => kit.kinesis.close(),
  };
}

/** What a call is refused with: name, status and message. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  return error instanceof Error && '$metadata' in error
    ? [error.name, (error.$metadata as { httpStatusCode: number }).httpStatusCode, error.message]
    : error;
}
