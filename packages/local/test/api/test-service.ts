import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';

import type { Faults } from '../../src/api/fault.ts';
import type {
  DescribeStreamOutput,
  DescribeStreamSummaryOutput,
} from '../../src/api/operations/describe-stream.ts';
import type { GetRecordsOutput } from '../../src/api/operations/get-records.ts';
import type { GetShardIteratorOutput } from '../../src/api/operations/get-shard-iterator.ts';
import type { ListShardsOutput } from '../../src/api/operations/list-shards.ts';
import type { ListStreamsOutput } from '../../src/api/operations/list-streams.ts';
import type { PutRecordOutput } from '../../src/api/operations/put-record.ts';
import type { UpdateShardCountOutput } from '../../src/api/operations/reshard.ts';
import type { DescribeLimitsOutput } from '../../src/api/operations/settings.ts';
import type { ListTagsForStreamOutput } from '../../src/api/operations/tags.ts';
import { Service } from '../../src/api/service.ts';
import type { EngineOptions } from '../../src/engine/options.ts';
import { isServiceError } from '../../src/engine/service-error.ts';
import { createTestEngine } from '../engine/test-engine.ts';

/** What operations answer; members that may be absent are given here where a test reads on from them. */
interface Answers {
  readonly AddTagsToStream: undefined;
  readonly CreateStream: undefined;
  readonly DecreaseStreamRetentionPeriod: undefined;
  readonly DeleteStream: undefined;
  readonly DescribeLimits: DescribeLimitsOutput;
  readonly DescribeStream: DescribeStreamOutput;
  readonly DescribeStreamSummary: DescribeStreamSummaryOutput;
  readonly GetRecords: GetRecordsOutput & { readonly NextShardIterator: string };
  readonly GetShardIterator: GetShardIteratorOutput;
  readonly IncreaseStreamRetentionPeriod: undefined;
  readonly ListShards: ListShardsOutput;
  readonly ListStreams: ListStreamsOutput;
  readonly ListTagsForStream: ListTagsForStreamOutput;
  readonly MergeShards: undefined;
  readonly PutRecord: PutRecordOutput;
  readonly PutRecords: {
    readonly FailedRecordCount: number;
    readonly Records: readonly {
      readonly ShardId?: string;
      readonly SequenceNumber?: string;
      readonly ErrorCode?: string;
      readonly ErrorMessage?: string;
    }[];
  };
  readonly RemoveTagsFromStream: undefined;
  readonly SplitShard: undefined;
  readonly UpdateMaxRecordSize: undefined;
  readonly UpdateShardCount: UpdateShardCountOutput;
}

export interface TestService {
  readonly clock: ManualClock;
  readonly service: Service;
  readonly call: <O extends keyof Answers>(operation: O, input?: object) => Answers[O];
  /** `Type: message` of the error the call must throw. */
  readonly failure: (operation: string, input?: object) => string;
}

/** The service on a manual clock, without a wire. */
export function createTestService(
  options: Partial<EngineOptions> & { readonly faults?: Faults; readonly clock?: ManualClock } = {},
): TestService {
  const { faults, clock = createManualClock(), ...engineOptions } = options;
  const service = new Service(createTestEngine({ clock, ...engineOptions }), faults);
  const call = (operation: string, input: object = {}): unknown => service.call(operation, input);
  return {
    clock,
    service,
    call: call as TestService['call'],
    failure(operation, input) {
      try {
        call(operation, input);
      } catch (error) {
        if (!isServiceError(error)) throw error;
        return error.text === undefined ? error.type : `${error.type}: ${error.text}`;
      }
      throw new Error(`${operation} did not fail.`);
    },
  };
}

/** Base64 of a text. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
