import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  SubscribeToShardCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { toMillraceError } from '@millrace/kinesis/aws';
import { memberOf } from '@millrace/kinesis/runtime';

import { abortable, call, type CallOptions } from './call.ts';

/** Whether one action is allowed, asked without doing it. */
export interface Permission {
  /** For example `kinesis:PutRecords`. */
  readonly action: string;
  readonly verdict: 'allowed' | 'denied' | 'unknown';
  /** What the service said, unless it is allowed. */
  readonly reason?: string;
}

/** A stream as far as it is asked about. */
interface AskedStream {
  readonly arn: string;
  readonly name: string;
  readonly shardId: string;
  /** Of a fan-out consumer that is registered: without one, subscribing cannot be asked about. */
  readonly consumerArn?: string | undefined;
}

/** What the credentials may do to a stream, and how far this machine's clock is from the service's. */
export interface Permissions {
  /** By the DryRun of the operations themselves: no record is read or written. */
  ofStream(stream: AskedStream, options?: CallOptions): Promise<readonly Permission[]>;
  /** The service's time less ours, milliseconds, to the second; undefined when it does not tell. */
  clockSkew(now: () => number, options?: CallOptions): Promise<number | undefined>;
}

/** Asked on an SDK client. */
export function createPermissions(client: KinesisClient): Permissions {
  return {
    ofStream: (stream, { signal } = {}) =>
      Promise.all(
        questionsOf(client, stream, abortable(signal)).map(([action, ask]) =>
          verdictOf(`kinesis:${action}`, stream.name, ask),
        ),
      ),
    async clockSkew(now, { signal } = {}) {
      const command = new ListStreamsCommand({ Limit: 1 });
      let skew: number | undefined;
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const date = dateOf(result.response);
          if (date !== undefined) skew = date - Math.floor(now() / 1000) * 1000;
          return result;
        },
        { step: 'deserialize', priority: 'low' },
      );
      await call({ operation: 'ListStreams' }, () => client.send(command, abortable(signal)));
      return skew;
    },
  };
}

type Question = readonly [action: string, ask: () => Promise<unknown>];

/** Each operation on records as a DryRun; GetRecords wants an iterator for it. */
function questionsOf(
  client: KinesisClient,
  { arn, shardId, consumerArn }: AskedStream,
  options: ReturnType<typeof abortable>,
): readonly Question[] {
  const position = { StreamARN: arn, ShardId: shardId, ShardIteratorType: 'LATEST' } as const;
  const record = { Data: new Uint8Array(1), PartitionKey: 'millrace doctor' };
  const dryRun = { StreamARN: arn, DryRun: true };
  const iterator = client.send(new GetShardIteratorCommand(position), options).then(
    ({ ShardIterator }) => ShardIterator,
    () => undefined,
  );
  const getRecords = async (): Promise<unknown> => {
    const ShardIterator = await iterator;
    if (ShardIterator === undefined) throw new Error('it needs an iterator first');
    return client.send(new GetRecordsCommand({ ...dryRun, ShardIterator }), options);
  };
  const subscribe = new SubscribeToShardCommand({
    ConsumerARN: consumerArn,
    ShardId: shardId,
    StartingPosition: { Type: 'LATEST' },
    DryRun: true,
  });
  return [
    [
      'GetShardIterator',
      () => client.send(new GetShardIteratorCommand({ ...position, DryRun: true }), options),
    ],
    ['GetRecords', getRecords],
    ['PutRecord', () => client.send(new PutRecordCommand({ ...dryRun, ...record }), options)],
    ['PutRecords', () => client.send(new PutRecordsCommand({ ...dryRun, Records: [record] }), options)],
    ...(consumerArn === undefined
      ? []
      : [['SubscribeToShard', () => client.send(subscribe, options)] as const]),
  ];
}

async function verdictOf(action: string, stream: string, ask: () => Promise<unknown>): Promise<Permission> {
  try {
    await ask();
    return { action, verdict: 'unknown', reason: 'DryRun was not understood' };
  } catch (error) {
    const name = memberOf(error, 'name');
    if (name === 'DryRunOperationException') return { action, verdict: 'allowed' };
    const told = toMillraceError(error, { operation: action, stream });
    return { action, verdict: told.code === 'ACCESS_DENIED' ? 'denied' : 'unknown', reason: told.message };
  }
}

function dateOf(response: unknown): number | undefined {
  const text = memberOf(memberOf(response, 'headers'), 'date');
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
