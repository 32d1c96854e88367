import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';

import { MillraceError } from '../errors.ts';
import { md5Hex } from '../record/md5.ts';
import { systemClock } from '../runtime/clock.ts';
import { integerOption } from '../runtime/options.ts';
import { Delivery } from '../sink/delivery.ts';
import { encodeLostRecord } from '../sink/lost-document.ts';
import type { LostRecord, LostRecordSink } from '../sink/lost-record.ts';
import { toMillraceError } from './aws-error.ts';
import type { ClientOptions } from './clients.ts';
import { withPeer } from './peer.ts';
import { createObjectStore, objectKey, type S3SinkOptions } from './s3-sink.ts';
import { openOnce, type AwsSinkOptions, type SqsSender } from './sink-options.ts';

export interface SqsSinkOptions extends AwsSinkOptions {
  /** For example `https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead`; in a `.fifo` queue each partition key is a group. */
  readonly queueUrl: string;
  /**
   * The queue's own limit of a message, 1 KiB to 1 MiB. A document takes four thirds of its record and some hundred
   * bytes. @defaultValue 1 MiB, as new queues have it; older ones may be set to 256 KiB.
   */
  readonly maxMessageBytes?: number;
  /** Where documents go that are larger; the message then says where. Without it the sink rejects them with `RECORD_INVALID`. */
  readonly overflow?: Pick<S3SinkOptions, 'bucket' | 'prefix' | 'client'>;
  /** An SQS client of your own; turn its retries off (`maxAttempts: 1`), the sink has its own. */
  readonly client?: SqsSender;
}

/**
 * Sends each lost record to a queue, as the JSON document that `readLostRecord` reads: original bytes, place, reason and
 * attempts. The sink rejects with `PEER_MISSING` when `@aws-sdk/client-sqs` is not installed, with `RECORD_INVALID` when a
 * document is too large and there is no `overflow`, and with the service's error when `deadline` has passed.
 * See {@link https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html}.
 *
 * @example
 * ```ts
 * const dead = lostToSqs({ queueUrl, overflow: { bucket: 'shop-lost-records' } });
 * const consumer = createConsumer(orders, connect(), { group: 'billing', from: 'oldest', onFailure: deadLetter(dead) });
 * ```
 */
export function lostToSqs(options: SqsSinkOptions): LostRecordSink {
  const { queueUrl, overflow, deadline, clock = systemClock } = options;
  const most = integerOption('sqs.maxMessageBytes', options.maxMessageBytes ?? 1_048_576, 1024, 1_048_576);
  const delivery = new Delivery({ clock, ...(deadline !== undefined && { deadline }) });
  const { client: _own, ...clientOptions } = options;
  const store = overflow && createObjectStore({ ...clientOptions, ...overflow });
  const send = createSender(options);
  return async (lost) => {
    const at = new Date(clock.now());
    const document = encodeLostRecord(lost, at);
    if (document.length <= most) {
      await delivery.run((signal) => send(message(queueUrl, lost, document), signal));
      return;
    }
    if (overflow === undefined || store === undefined) throw tooLarge(lost, document.length, most);
    const place = {
      bucket: overflow.bucket,
      key: objectKey(overflow.prefix ?? 'lost/', lost.stream, at, document),
    };
    await delivery.run((signal) => store(place, document, signal));
    const pointer = JSON.stringify({ v: 1, stream: lost.stream, s3: place, lostAt: at.toISOString() });
    await delivery.run((signal) => send(message(queueUrl, lost, pointer), signal));
  };
}

function createSender(
  options: ClientOptions & { readonly client?: SqsSender },
): (input: SendMessageCommandInput, signal: AbortSignal) => Promise<void> {
  const open = openOnce(() =>
    withPeer('@aws-sdk/client-sqs', async () => {
      const { SQSClient, SendMessageCommand } = await import('@aws-sdk/client-sqs');
      const { region, endpoint, credentials } = options;
      const client =
        options.client ??
        new SQSClient({
          maxAttempts: 1,
          ...(region !== undefined && { region }),
          ...(endpoint !== undefined && { endpoint }),
          ...(credentials !== undefined && { credentials }),
        });
      return { client, SendMessageCommand };
    }),
  );
  return async (input, abortSignal) => {
    try {
      const { client, SendMessageCommand } = await open();
      await client.send(new SendMessageCommand(input), { abortSignal });
    } catch (error) {
      throw toMillraceError(error, {
        operation: 'SendMessage',
        destination: `queue ${input.QueueUrl ?? ''}`,
      });
    }
  };
}

function message(queueUrl: string, { stream, record }: LostRecord, body: string): SendMessageCommandInput {
  const input = { QueueUrl: queueUrl, MessageBody: body };
  if (!queueUrl.endsWith('.fifo')) return input;
  // Groups take neither every character nor every length.
  const group = md5Hex(`${stream}/${record.partitionKey}`);
  return { ...input, MessageGroupId: group, MessageDeduplicationId: md5Hex(body) };
}

function tooLarge({ stream, record }: LostRecord, bytes: number, most: number): MillraceError {
  return new MillraceError('RECORD_INVALID', `A lost record of ${stream} is too large for the queue.`, {
    advice: 'Give lostToSqs an overflow bucket, or raise the queue’s MaximumMessageSize and maxMessageBytes.',
    stream,
    partitionKey: record.partitionKey,
    path: 'document',
    got: bytes,
    allowed: `at most ${most} bytes`,
  });
}
