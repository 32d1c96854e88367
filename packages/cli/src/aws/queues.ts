import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import { abortable, call, type CallOptions } from './call.ts';

export interface QueueMessage {
  readonly id: string;
  /** Names it to the queue until it is given back. */
  readonly receipt: string;
  readonly body: string;
}

/** SQS queues. Every method throws a `MillraceError`. */
export interface Queues {
  urlOf(queueArn: string, options?: CallOptions): Promise<string>;
  /** At most 10; they are out of others' sight for two minutes. */
  receive(queueUrl: string, most: number, options?: CallOptions): Promise<readonly QueueMessage[]>;
  /** Gives a message back at once. */
  release(queueUrl: string, receipt: string): Promise<void>;
  delete(queueUrl: string, receipt: string): Promise<void>;
}

const outOfSightSeconds = 120;

/** The queues on an SDK client. */
export function createQueues(client: Pick<SQSClient, 'send'>): Queues {
  return {
    urlOf: (queueArn, { signal } = {}) =>
      call({ operation: 'GetQueueUrl', destination: `queue ${queueArn}` }, async () => {
        const [, , , , account, name] = queueArn.split(':');
        const command = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
        return (await client.send(command, abortable(signal))).QueueUrl ?? '';
      }),
    receive: (queueUrl, most, { signal } = {}) =>
      call({ operation: 'ReceiveMessage', destination: `queue ${queueUrl}` }, async () => {
        const command = new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: most,
          VisibilityTimeout: outOfSightSeconds,
          // Asks all of its servers: without it an answer may be empty though there are messages.
          WaitTimeSeconds: 1,
        });
        const { Messages = [] } = await client.send(command, abortable(signal));
        return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '' }) => ({
          id: MessageId,
          receipt: ReceiptHandle,
          body: Body,
        }));
      }),
    release: (queueUrl, receipt) =>
      call({ operation: 'ChangeMessageVisibility', destination: `queue ${queueUrl}` }, async () => {
        const input = { QueueUrl: queueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 };
        await client.send(new ChangeMessageVisibilityCommand(input));
      }),
    delete: (queueUrl, receipt) =>
      call({ operation: 'DeleteMessage', destination: `queue ${queueUrl}` }, async () => {
        await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt }));
      }),
  };
}
