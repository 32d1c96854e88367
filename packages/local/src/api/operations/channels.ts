import { isObject } from '@millrace/kinesis/runtime';

import type { Channel } from '../../engine/channel.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import {
  acceptChannelArn,
  acceptCreateChannel,
  acceptListChannels,
  acceptUpdateChannel,
  type StreamFilterRequest,
} from '../channel-input.ts';
import {
  describeChannel as describe,
  summarizeChannel,
  type ChannelDescriptionOutput,
  type ChannelSummaryOutput,
} from '../channel-output.ts';
import { channelOfRequest, checkFreshness } from '../channel-request.ts';
import { decodeNextToken, encodeNextToken } from '../next-token.ts';
import type { OperationContext } from '../operation.ts';

export interface ChannelAnswer {
  readonly ChannelDescription: ChannelDescriptionOutput;
}

export interface ListChannelsOutput {
  readonly ChannelSummaries: readonly ChannelSummaryOutput[];
  readonly NextToken?: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateChannel.html}. */
export function createChannel({ engine }: OperationContext, input: unknown): ChannelAnswer {
  const request = acceptCreateChannel(input);
  return answer(engine.channels.create(channelOfRequest(engine, request)));
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeChannel.html}. */
export function describeChannel({ engine }: OperationContext, input: unknown): ChannelAnswer {
  return answer(engine.channels.find(acceptChannelArn(input)));
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateChannel.html}. */
export function updateChannel({ engine }: OperationContext, input: unknown): ChannelAnswer {
  const request = acceptUpdateChannel(input);
  const channel = engine.channels.find(request.ChannelARN);
  if (request.S3TablesDestinationConfiguration) {
    throw invalidArgument(`Channel ${channel.name} does not deliver to S3 Tables.`);
  }
  const seconds = request.S3DestinationConfiguration?.DataFreshnessInSeconds;
  const logs = request.LoggingConfiguration?.CloudWatchLogs;
  if (seconds === undefined && logs === undefined) {
    throw invalidArgument('Either S3DestinationConfiguration or LoggingConfiguration must be provided.');
  }
  if (seconds !== undefined) checkFreshness(seconds);
  engine.channels.update(channel, {
    freshnessSeconds: seconds,
    logging:
      logs === undefined
        ? undefined
        : {
            enabled: logs.Enabled,
            group: logs.LogGroupName ?? channel.logging.group,
            stream: logs.LogStreamName ?? channel.logging.stream,
          },
  });
  return answer(channel);
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteChannel.html}. */
export function deleteChannel({ engine }: OperationContext, input: unknown): undefined {
  engine.channels.delete(engine.channels.find(acceptChannelArn(input)));
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListChannels.html}. */
export function listChannels({ engine }: OperationContext, input: unknown): ListChannelsOutput {
  const request = acceptListChannels(input);
  const token = request.NextToken ? decodeNextToken(request.NextToken, engine.now) : {};
  const resumed = isObject(token) ? token : {};
  const filter = acceptListChannels({ StreamFilter: resumed['StreamFilter'] ?? request.StreamFilter });
  const after = typeof resumed['After'] === 'string' ? resumed['After'] : '';
  const channels = engine.channels.all.filter(
    (channel) => channel.name > after && (filter.StreamFilter?.some((one) => matches(channel, one)) ?? true),
  );
  const shown = channels.slice(0, Math.min(largestPage, Math.floor(request.MaxResults ?? largestPage)));
  const last = shown.at(-1);
  const output = { ChannelSummaries: shown.map(summarizeChannel) };
  if (last === undefined || shown.length === channels.length) return output;
  const rest = { StreamFilter: filter.StreamFilter, After: last.name };
  return { ...output, NextToken: encodeNextToken(rest, engine.now) };
}

const largestPage = 100;

function answer(channel: Channel): ChannelAnswer {
  return { ChannelDescription: describe(channel) };
}

function matches({ stream }: Channel, filter: StreamFilterRequest): boolean {
  const created = filter.StreamCreationTimestamp ?? undefined;
  if (stream.arn !== filter.StreamARN) return false;
  return created === undefined || Math.floor(created) === Math.floor(stream.createdAt / 1000);
}
