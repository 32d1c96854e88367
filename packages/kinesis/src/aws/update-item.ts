import {
  UpdateItemCommand,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';

import { isObject } from '../runtime/unknown-value.ts';
import type { DirectCalls } from './direct-calls.ts';
import { readAnswer } from './read-answer.ts';

type Attributes = Readonly<Record<string, unknown>>;

/**
 * UpdateItem, and the attributes it answers. Heartbeats are nearly all that is sent to DynamoDB, so they take the short way, when
 * there is one. There must be no bytes among the values: all others are spelled in JSON as the SDK has them.
 *
 * See {@link https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html}.
 */
export async function updateItem(
  client: Pick<DynamoDBClient, 'send'>,
  input: UpdateItemCommandInput,
  direct: DirectCalls | undefined,
): Promise<Attributes> {
  const sent = await direct?.send(JSON.stringify(input), undefined);
  if (Buffer.isBuffer(sent)) return readAttributes(sent);
  const command = new UpdateItemCommand(input);
  direct?.join(command, sent);
  const { Attributes: attributes } = await client.send(command);
  return attributes ?? {};
}

function readAttributes(body: Buffer): Attributes {
  return readAnswer(body.toString(), {
    to: 'UpdateItem',
    as: (answer) => (isObject(answer) ? attributesIn(answer) : undefined),
    advice: 'It is written again; if that goes on, look at what listens at the endpoint.',
  });
}

function attributesIn({ Attributes: attributes }: Attributes): Attributes {
  return isObject(attributes) ? attributes : {};
}
