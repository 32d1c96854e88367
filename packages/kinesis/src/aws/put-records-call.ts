import {
  PutRecordsCommand,
  type PutRecordsCommandInput,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';

import { MillraceError } from '../errors.ts';
import { NO_PARTITION_KEY } from '../record/partition-key.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { collect, isRequest, isResponse } from './http-message.ts';
import { encodePutRecords } from './put-records-body.ts';

/**
 * One PutRecords call that goes through everything the SDK's client does (region, endpoint, credentials, signing, clock
 * correction, its connections and its errors) but for two steps: the body is written by us, and a good answer is read by
 * us. Both are customisations the SDK offers, so they hold for any client and any way to send.
 *
 * See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html}.
 */
export class PutRecordsCall {
  readonly command: PutRecordsCommand;
  #results: readonly PutRecordsResultEntry[] | undefined;

  constructor(stream: string, entries: readonly OutgoingRecord[]) {
    this.command = new PutRecordsCommand(new Input(stream, entries));
    const { middlewareStack } = this.command;
    // Nothing is left for the SDK to write, and it still makes the request around it.
    middlewareStack.add((next) => (args) => next({ ...args, input: { StreamName: stream, Records: [] } }), {
      step: 'initialize',
      priority: 'low',
      name: 'millraceInput',
    });
    middlewareStack.add(
      (next) => (args) => {
        if (isRequest(args.request)) args.request.body = encodePutRecords(stream, entries);
        return next(args);
      },
      { step: 'serialize', priority: 'low', name: 'millraceBody' },
    );
    middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        if (!isResponse(result.response) || result.response.statusCode !== 200) return result;
        this.#results = readResults(await collect(result.response.body), stream);
        result.response.body = new Uint8Array(0);
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'millraceAnswer' },
    );
  }

  /** What became of each entry; undefined when the client sent in a way of its own and the answer is all there is. */
  get results(): readonly PutRecordsResultEntry[] | undefined {
    return this.#results;
  }
}

/** The input as the SDK knows it, made only for those who look: a logger, a middleware, a client that is a test's double. */
class Input implements PutRecordsCommandInput {
  readonly StreamName: string;
  readonly #entries: readonly OutgoingRecord[];

  constructor(stream: string, entries: readonly OutgoingRecord[]) {
    this.StreamName = stream;
    this.#entries = entries;
  }

  get Records(): PutRecordsCommandInput['Records'] {
    return this.#entries.map(({ partitionKey, explicitHashKey, data }) => ({
      PartitionKey: partitionKey === NO_PARTITION_KEY ? undefined : partitionKey,
      Data: data,
      ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
    }));
  }
}

function readResults(bytes: Buffer, stream: string): readonly PutRecordsResultEntry[] {
  let cause: unknown;
  try {
    const answer: unknown = JSON.parse(bytes.toString());
    if (
      typeof answer === 'object' &&
      answer !== null &&
      'Records' in answer &&
      Array.isArray(answer.Records)
    ) {
      return answer.Records;
    }
  } catch (error) {
    cause = error;
  }
  throw new MillraceError('SERVICE_FAILED', `The answer to PutRecords on ${stream} cannot be read.`, {
    advice: 'Call again after a back-off; the records may have been stored all the same.',
    retryable: true,
    stream,
    cause,
  });
}
