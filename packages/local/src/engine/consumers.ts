import type { Account } from './account.ts';
import { Consumer } from './consumer.ts';
import { limits } from './limits.ts';
import type { EngineOptions } from './options.ts';
import { ServiceError } from './service-error.ts';
import type { Stream } from './stream.ts';

/** What consumers need of the engine. */
export interface ConsumerContext {
  readonly options: EngineOptions;
  readonly now: number;
  readonly account: Account;
  find(name: string): Stream | undefined;
  /** Runs `task` later, at once for no delay; never after the engine closed. */
  after(delayMs: number, task: () => void): void;
}

/** A consumer and whose it is. */
export interface ConsumerOfStream {
  readonly stream: Stream;
  readonly consumer: Consumer;
}

/**
 * A new consumer, CREATING at first. Throws `ResourceInUseException` when the stream has one of that name,
 * `LimitExceededException` over the consumers a stream may have or have in creation.
 */
export function registerConsumer(
  context: ConsumerContext,
  stream: Stream,
  name: string,
  tags: Readonly<Record<string, string>> = {},
): Consumer {
  const { accountId, registerConsumerMs = 0 } = context.options;
  const { consumers } = stream;
  if (consumers.has(name)) {
    throw new ServiceError(
      'ResourceInUseException',
      `Consumer ${name} under stream: ${stream.name} , account ${accountId} already exists.`,
    );
  }
  const limit = consumerLimit(context, stream);
  if (consumers.size >= limit) {
    throw new ServiceError(
      'LimitExceededException',
      `Stream ${stream.name} under account ${accountId} has ${consumers.size} consumers. The limit is ${limit}.`,
    );
  }
  const creating = [...consumers.values()].filter(({ status }) => status === 'CREATING').length;
  if (creating >= limits.consumersCreating) {
    throw new ServiceError(
      'LimitExceededException',
      `Stream ${stream.name} under account ${accountId} has ${creating} consumers in CREATING status. ` +
        `The limit is ${limits.consumersCreating}.`,
    );
  }
  const consumer = new Consumer({ name, streamArn: stream.arn, createdAt: context.now, tags });
  consumers.set(name, consumer);
  context.after(registerConsumerMs, () => {
    if (consumer.status === 'CREATING') consumer.status = 'ACTIVE';
  });
  return consumer;
}

/** Ends what the consumer reads, and forgets it when its time of being DELETING is over. */
export function deregisterConsumer(context: ConsumerContext, { stream, consumer }: ConsumerOfStream): void {
  const { consumers } = stream;
  consumer.status = 'DELETING';
  for (const subscription of consumer.subscriptions.values()) {
    subscription.end(consumerNotFound(context, stream.name, consumer.name));
  }
  context.after(context.options.deregisterConsumerMs ?? 0, () => {
    if (consumers.get(consumer.name) === consumer) consumers.delete(consumer.name);
  });
}

/** The consumer with that ARN. Throws `ResourceNotFoundException`. */
export function consumerOfArn(context: ConsumerContext, arn: string): ConsumerOfStream {
  const [, streamName = '', , rest = ''] = arn.split('/');
  const [name = ''] = rest.split(':');
  const stream = context.find(streamName);
  const consumer = stream?.consumers.get(name);
  if (stream !== undefined && consumer?.arn === arn) return { stream, consumer };
  throw consumerNotFound(context, streamName, name);
}

/** The stream's consumer of that name. Throws `ResourceNotFoundException`. */
export function consumerOfName(context: ConsumerContext, stream: Stream, name: string): ConsumerOfStream {
  const consumer = stream.consumers.get(name);
  if (consumer === undefined) throw consumerNotFound(context, stream.name, name);
  return { stream, consumer };
}

/** More on demand, for an account committed to a minimum of throughput (On-demand Advantage). */
function consumerLimit({ account, now }: ConsumerContext, stream: Stream): number {
  const advantage = stream.mode === 'ON_DEMAND' && account.commitment(now).status !== 'DISABLED';
  return advantage ? limits.consumersPerStreamAdvantage : limits.consumersPerStream;
}

function consumerNotFound(context: ConsumerContext, stream: string, name: string): ServiceError {
  return new ServiceError(
    'ResourceNotFoundException',
    `Consumer ${name} under stream: ${stream} , account ${context.options.accountId} not found.`,
  );
}
