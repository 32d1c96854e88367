import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Connection } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { createConsumer, type Consumer, type ConsumerOptions } from '@millrace/kinesis/consumer';
import { rawStream } from '@millrace/kinesis';

import { drive } from './drive.ts';
import type { LocalCli } from './local.ts';

export interface Groups extends AsyncDisposable {
  /** Leases in the embedded DynamoDB, as workers of a real fleet keep them. */
  readonly connection: Connection;
  /** A worker that stops by itself after so many records, and has handed everything back by then. */
  handle(group: string, stream: string, records: number): Promise<void>;
  /** A worker that goes on until it is closed. */
  start(group: string, stream: string, options?: Partial<ConsumerOptions>): Consumer<Uint8Array>;
}

export function createGroups({ kinesis, clock }: LocalCli): Groups {
  const client = new KinesisClient(kinesis.clientConfig);
  const dynamodb = new DynamoDBClient(kinesis.clientConfig);
  const connection = connect({ kinesis: client, dynamodb, clock });
  const consumer = (
    group: string,
    stream: string,
    options: Partial<ConsumerOptions> = {},
  ): Consumer<Uint8Array> =>
    createConsumer(rawStream(stream), connection, { group, from: 'oldest', clock, ...options });
  return {
    connection,
    async handle(group, stream, records) {
      const worker = consumer(group, stream);
      let left = records;
      const eachRecord = (): void => {
        if (--left === 0) void worker.close();
      };
      await drive(clock, worker.run({ eachRecord }));
    },
    start: consumer,
    async [Symbol.asyncDispose]() {
      await connection.close();
      client.destroy();
      dynamodb.destroy();
    },
  };
}
