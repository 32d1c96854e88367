import { GetRecordsCommand } from '@aws-sdk/client-kinesis';

import { MillraceError } from '../errors.ts';
import type { ReadResult } from '../source/shard-reader.ts';
import { decodeCborError, decodeGetRecords } from './get-records-answer.ts';
import { collect, isRequest, isResponse } from './http-message.ts';

const contentType = 'application/x-amz-cbor-1.1';

/**
 * One GetRecords call that goes through everything the SDK's client does but for its format: it asks in CBOR, as the Java SDK
 * does, and reads the answer itself. JSON would have to be parsed as text and every record's data decoded from base64 and
 * copied; here they are views of the answer.
 */
export class GetRecordsCall {
  readonly command: GetRecordsCommand;
  #result: ReadResult | undefined;

  constructor(iterator: string, limit: number) {
    this.command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit });
    const { middlewareStack } = this.command;
    middlewareStack.add(
      (next) => (args) => {
        if (isRequest(args.request)) {
          args.request.body = encodeInput(iterator, limit);
          args.request.headers['content-type'] = contentType;
        }
        return next(args);
      },
      { step: 'serialize', priority: 'low', name: 'millraceCbor' },
    );
    middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (!isResponse(response) || !isCbor(response.headers)) return result;
        const bytes = await collect(response.body);
        if (response.statusCode === 200) {
          this.#result = readAnswer(bytes);
          response.body = new Uint8Array(0);
        } else {
          // The SDK knows the errors by their JSON.
          const { type, message } = decodeCborError(bytes);
          response.headers['content-type'] = 'application/x-amz-json-1.1';
          response.body = Buffer.from(JSON.stringify({ __type: type, message }));
        }
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'millraceCborAnswer' },
    );
  }

  /** Undefined when the client sent in a way of its own and the SDK's answer is all there is. */
  get result(): ReadResult | undefined {
    return this.#result;
  }
}

function isCbor(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith('application/x-amz-cbor') === true;
}

/** `{ShardIterator: text, Limit: integer}`. */
function encodeInput(iterator: string, limit: number): Buffer {
  const text = Buffer.from(iterator);
  return Buffer.concat([
    Buffer.from([0xa2, 0x6d]),
    Buffer.from('ShardIterator'),
    Buffer.from([0x79, text.length >> 8, text.length & 255]),
    text,
    Buffer.from([0x65]),
    Buffer.from('Limit'),
    Buffer.from([0x19, limit >> 8, limit & 255]),
  ]);
}

function readAnswer(bytes: Buffer): ReadResult {
  try {
    return decodeGetRecords(bytes);
  } catch (cause) {
    throw new MillraceError('SERVICE_FAILED', 'The answer to GetRecords cannot be read.', {
      advice: 'It is asked again; if that goes on, look at what listens at the endpoint.',
      retryable: true,
      cause,
    });
  }
}
