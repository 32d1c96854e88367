import { crc32 } from 'node:zlib';

import type { WireRequest, WireResponse } from '../../wire/message.ts';
import { Dynalite, type Answer, type DynaliteOptions } from './dynalite.ts';
import { DynamodbError, isAnswerable } from './dynamodb-error.ts';
import { returnFailedItem } from './failed-item.ts';
import { isInput, type DynamodbOperation, type Input } from './operation.ts';
import { describeBackups, describeTimeToLive, updateBackups, updateTimeToLive } from './table-settings.ts';
import { createTable, deleteTable, describeTable, updateTable } from './tables.ts';
import { createTransactions } from './transactions.ts';
import { Turnstile } from './turnstile.ts';

export interface DynamodbOptions extends DynaliteOptions {
  /** Wall time, milliseconds since the epoch. */
  readonly now: () => number;
}

export interface DynamodbService {
  /** Never rejects. */
  answer(request: WireRequest): Promise<WireResponse>;
  close(): Promise<void>;
}

export function createDynamodbService(options: DynamodbOptions): DynamodbService {
  const dynalite = new Dynalite(options);
  const context = { dynalite, now: options.now };
  const turnstile = new Turnstile();
  /** They read and then write, or look at a table twice: nothing may come between. */
  const alone = new Map<string, DynamodbOperation>([
    ...Object.entries(createTransactions()),
    ['CreateTable', createTable],
    ['DeleteTable', deleteTable],
    ['UpdateTable', updateTable],
    ['UpdateContinuousBackups', updateBackups],
    ['UpdateTimeToLive', updateTimeToLive],
  ]);
  const together = new Map<string, DynamodbOperation>([
    ['DescribeContinuousBackups', describeBackups],
    ['DescribeTable', describeTable],
    ['DescribeTimeToLive', describeTimeToLive],
  ]);

  const run = (operation: string, input: Input): Promise<Answer> => {
    const exclusive = alone.get(operation);
    if (exclusive !== undefined) return turnstile.alone(() => exclusive(context, input));
    const own = together.get(operation);
    if (own !== undefined) return turnstile.together(() => own(context, input));
    if (!dynalite.has(operation)) throw new DynamodbError('UnknownOperationException', '');
    const { ReturnValuesOnConditionCheckFailure: wanted } = input;
    return wanted === undefined || wanted === null
      ? turnstile.together(async () => dynalite.run(operation, input))
      : turnstile.alone(() => returnFailedItem(context, operation, input));
  };

  return {
    async answer(request) {
      const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
      try {
        if (request.method !== 'POST' || !jsonTypes.has(contentType)) return unknownFormat();
        const input = decode(request.body);
        authenticate(request);
        const output = await run((request.headers['x-amz-target'] ?? '').split('.')[1] ?? '', input);
        return respond(200, contentType, output);
      } catch (error) {
        const { statusCode, body } = isAnswerable(error) ? error : failure(error);
        return respond(statusCode, contentType, body);
      }
    },
    close: () => turnstile.alone(() => dynalite.close()),
  };
}

const jsonTypes: ReadonlySet<string> = new Set(['application/x-amz-json-1.0', 'application/json']);

function decode(body: string | Uint8Array): Input {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === 'string' ? body : decoder.decode(body));
  } catch {
    throw new DynamodbError('SerializationException', '');
  }
  if (isInput(value)) return value;
  throw new DynamodbError('SerializationException', 'Start of structure or map not found where expected.');
}

/** Whose signature it is, is checked before, where anybody checks it. */
function authenticate({ headers, path }: WireRequest): void {
  if ((headers['authorization'] ?? '').startsWith('AWS4-') || /[?&]X-Amz-Algorithm=/.test(path)) return;
  throw new DynamodbError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
}

function failure(error: unknown): DynamodbError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DynamodbError('InternalServerError', `The embedded DynamoDB failed: ${reason}`);
}

function respond(status: number, contentType: string, output: unknown): WireResponse {
  // Operations that answer nothing answer no body.
  const body = output === '' ? '' : JSON.stringify(output);
  return {
    status,
    headers: { 'content-type': contentType, 'x-amz-crc32': String(crc32(body)) },
    body,
  };
}

function unknownFormat(): WireResponse {
  return { status: 404, headers: {}, body: '<UnknownOperationException/>\n' };
}

const decoder = new TextDecoder();
