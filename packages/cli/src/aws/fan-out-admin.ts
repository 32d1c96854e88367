import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  ListStreamConsumersCommand,
  RegisterStreamConsumerCommand,
  type Consumer,
} from '@aws-sdk/client-kinesis';
import { isMillraceError } from '@millrace/kinesis';
import type { KinesisSender } from '@millrace/kinesis/aws';

import { abortable, call, pages, type CallOptions } from './call.ts';

/** A registered fan-out consumer. */
export interface FanOutConsumer {
  readonly name: string;
  readonly arn: string;
  /** CREATING, ACTIVE or DELETING. */
  readonly status: string;
  readonly createdAt?: string;
}

/** Registers and deregisters fan-out consumers. Every method throws a `MillraceError`. */
export interface FanOutAdmin {
  list(streamArn: string, options?: CallOptions): Promise<readonly FanOutConsumer[]>;
  /** Undefined when there is none of that name. */
  find(streamArn: string, name: string, options?: CallOptions): Promise<FanOutConsumer | undefined>;
  register(streamArn: string, name: string, options?: CallOptions): Promise<FanOutConsumer>;
  deregister(streamArn: string, name: string, options?: CallOptions): Promise<void>;
}

/** The admin on an SDK client. */
export function createFanOutAdmin(client: KinesisSender): FanOutAdmin {
  return {
    list: (arn, { signal } = {}) =>
      call(context('ListStreamConsumers', arn), () =>
        pages(async (token) => {
          const command = new ListStreamConsumersCommand({ StreamARN: arn, NextToken: token });
          const { Consumers = [], NextToken } = await client.send(command, abortable(signal));
          return { items: Consumers.map(toConsumer), next: NextToken };
        }),
      ),
    async find(arn, name, { signal } = {}) {
      const command = new DescribeStreamConsumerCommand({ StreamARN: arn, ConsumerName: name });
      try {
        const { ConsumerDescription: found } = await call(context('DescribeStreamConsumer', arn), () =>
          client.send(command, abortable(signal)),
        );
        return found && toConsumer(found);
      } catch (error) {
        if (isMillraceError(error, 'STREAM_NOT_FOUND')) return undefined;
        throw error;
      }
    },
    register: (arn, name, { signal } = {}) =>
      call(context('RegisterStreamConsumer', arn), async () => {
        const command = new RegisterStreamConsumerCommand({ StreamARN: arn, ConsumerName: name });
        const { Consumer: made } = await client.send(command, abortable(signal));
        return made === undefined ? { name, arn: '', status: 'CREATING' } : toConsumer(made);
      }),
    deregister: (arn, name, { signal } = {}) =>
      call(context('DeregisterStreamConsumer', arn), async () => {
        const command = new DeregisterStreamConsumerCommand({ StreamARN: arn, ConsumerName: name });
        await client.send(command, abortable(signal));
      }),
  };
}

function context(operation: string, arn: string): { readonly operation: string; readonly stream: string } {
  return { operation, stream: streamOfArn(arn) };
}

/** `arn:aws:kinesis:eu-west-1:123456789012:stream/orders` is of `orders`. */
function streamOfArn(arn: string): string {
  return /:stream\/([^/]+)/.exec(arn)?.[1] ?? arn;
}

function toConsumer(consumer: Consumer): FanOutConsumer {
  const { ConsumerCreationTimestamp: created } = consumer;
  return {
    name: consumer.ConsumerName ?? '',
    arn: consumer.ConsumerARN ?? '',
    status: consumer.ConsumerStatus ?? 'UNKNOWN',
    ...(created !== undefined && { createdAt: created.toISOString() }),
  };
}
