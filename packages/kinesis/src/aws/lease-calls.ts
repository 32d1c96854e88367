import {
  ScanCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type ScanCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';

import { isObject, memberOf } from '../runtime/unknown-value.ts';
import { DirectCalls, type DirectClient } from './direct-calls.ts';
import { readAnswer } from './read-answer.ts';

type Attributes = Readonly<Record<string, unknown>>;
type Key = NonNullable<ScanCommandInput['ExclusiveStartKey']>;

/** What one call of Scan answers. */
interface Page {
  readonly items: readonly Attributes[];
  /** The key of the last of them, when there are more behind it. */
  readonly last?: Key;
}

/**
 * Heartbeats, and looks at all leases: nearly all that is sent to DynamoDB. With a client of ours they take the short way, and what
 * is answered is read by us, since the SDK walks it by its schema, value by value. There must be no bytes among the values: all
 * others are spelled in JSON as the SDK has them.
 */
export class LeaseCalls {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #updates: DirectCalls | undefined;
  readonly #scans: DirectCalls | undefined;

  /** `own`: the client again, when nobody else has a hand in it. */
  constructor(client: Pick<DynamoDBClient, 'send'>, own?: DirectClient) {
    this.#client = client;
    this.#updates = own && new DirectCalls(own);
    this.#scans = own && new DirectCalls(own);
  }

  /**
   * Answers the attributes as the input asks for them.
   *
   * See {@link https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html}.
   */
  async updateItem(input: UpdateItemCommandInput): Promise<Attributes> {
    const sent = await this.#updates?.send(JSON.stringify(input), undefined);
    if (Buffer.isBuffer(sent)) {
      const advice = 'It is written again; if that goes on, look at what listens at the endpoint.';
      return readAnswer(sent.toString(), { to: 'UpdateItem', as: attributesIn, advice });
    }
    const command = new UpdateItemCommand(input);
    this.#updates?.join(command, sent);
    const { Attributes: attributes } = await this.#client.send(command);
    return attributes ?? {};
  }

  /**
   * One page of a table.
   *
   * See {@link https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html}.
   */
  async scan(input: ScanCommandInput): Promise<Page> {
    const sent = await this.#scans?.send(JSON.stringify(input), undefined);
    if (Buffer.isBuffer(sent)) {
      const advice = 'The leases are listed again; if that goes on, look at what listens at the endpoint.';
      return readAnswer(sent.toString(), { to: 'Scan', as: pageIn, advice });
    }
    const command = new ScanCommand(input);
    this.#scans?.join(command, sent);
    const { Items: items = [], LastEvaluatedKey: last } = await this.#client.send(command);
    return { items, ...(last && { last }) };
  }
}

function attributesIn(answer: unknown): Attributes | undefined {
  if (!isObject(answer)) return undefined;
  const { Attributes: attributes } = answer;
  return isObject(attributes) ? attributes : {};
}

function pageIn(answer: unknown): Page | undefined {
  const items = memberOf(answer, 'Items');
  const last = memberOf(answer, 'LastEvaluatedKey');
  if (!Array.isArray(items) || !items.every(isObject)) return undefined;
  if (last === undefined) return { items };
  return isKey(last) ? { items, last } : undefined;
}

function isKey(value: unknown): value is Key {
  return isObject(value);
}
