import { invalidArgument } from '../../engine/service-error.ts';
import { accept } from '../accept.ts';
import { decodeNextToken, encodeNextToken } from '../next-token.ts';
import type { OperationContext } from '../operation.ts';
import { structure, type ValueOf } from '../shape.ts';
import { nextToken, pageLimit, streamName } from '../shapes.ts';

export interface ListStreamsOutput {
  readonly StreamNames: readonly string[];
  readonly HasMoreStreams: boolean;
  readonly NextToken?: string;
  readonly StreamSummaries: readonly StreamSummaryOutput[];
}

export interface StreamSummaryOutput {
  readonly StreamName: string;
  readonly StreamARN: string;
  readonly StreamStatus: string;
  readonly StreamModeDetails: { readonly StreamMode: string };
  readonly StreamCreationTimestamp: number;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreams.html}. */
export function listStreams({ engine }: OperationContext, input: unknown): ListStreamsOutput {
  const asked = accept(shape, input);
  const request = asked.NextToken ? resume(asked, asked.NextToken, engine.now) : asked;
  const after = request.ExclusiveStartStreamName ?? '';
  const streams = engine.streams.filter((stream) => stream.name > after);
  const shown = streams.slice(0, Math.min(largestPage, Math.floor(asked.Limit ?? largestPage)));
  const last = shown.at(-1);
  const more = shown.length < streams.length;
  return {
    StreamNames: shown.map((stream) => stream.name),
    HasMoreStreams: more,
    ...(more && last !== undefined
      ? { NextToken: encodeNextToken({ ExclusiveStartStreamName: last.name }, engine.now) }
      : {}),
    StreamSummaries: shown.map((stream) => ({
      StreamName: stream.name,
      StreamARN: stream.arn,
      StreamStatus: stream.status,
      StreamModeDetails: { StreamMode: stream.mode },
      StreamCreationTimestamp: stream.createdAt,
    })),
  };
}

const largestPage = 100;

const shape = structure({
  Limit: pageLimit,
  ExclusiveStartStreamName: streamName,
  NextToken: nextToken,
});

type Request = ValueOf<typeof shape>;

function resume(asked: Request, token: string, now: number): Request {
  if (asked.ExclusiveStartStreamName) {
    throw invalidArgument('NextToken and ExclusiveStartStreamName cannot be provided together.');
  }
  return accept(shape, decodeNextToken(token, now));
}
