import { PutRecordsCommand, type PutRecordsCommandInput } from '@aws-sdk/client-kinesis';

import { NO_PARTITION_KEY } from '../record/partition-key.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { beforeReading, collect, isRequest, takeBody } from './http-message.ts';

/**
 * One PutRecords call that goes through everything the SDK's client does (region, endpoint, credentials, signing, clock
 * correction, its connections and its errors) but for two steps: the body was written by us, and a good answer is read by
 * us. Both are customisations the SDK offers, so they hold for any client and any way to send.
 *
 * See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html}.
 */
export class PutRecordsCall {
  readonly command: PutRecordsCommand;
  #answer: Buffer | undefined;

  constructor(stream: string, entries: readonly OutgoingRecord[], body: Buffer) {
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
        if (isRequest(args.request)) args.request.body = body;
        return next(args);
      },
      { step: 'serialize', priority: 'low', name: 'millraceBody' },
    );
    const step = takeBody(async (answer) => {
      this.#answer = await collect(answer);
      return new Uint8Array(0);
    });
    middlewareStack.add(step, beforeReading);
  }

  /** The answer; undefined when the client sent in a way of its own and what `send` resolves with is all there is. */
  get answer(): Buffer | undefined {
    return this.#answer;
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
