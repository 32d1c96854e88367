import type { Verdict } from './response.ts';
import type { DropCondition } from './retry.ts';

/** Where in a mapping something happened. */
export interface Place {
  readonly shardId: string;
  /** Which of the shard's lanes, from 0. */
  readonly lane: number;
}

/** The tumbling window that a batch is of. */
export interface WindowSpan {
  /** ISO seconds. */
  readonly start: string;
  readonly end: string;
  /** Whether it is the window's last invocation, which has no records. */
  readonly final: boolean;
}

/** Records of one batch. */
export interface BatchSpan {
  readonly records: number;
  /** Sequence numbers; undefined for a window's last invocation, which has no records. */
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/** What a mapping tells as it works, in order. */
export type MappingEvent =
  | { readonly type: 'state'; readonly state: string }
  | { readonly type: 'shard'; readonly shardId: string; readonly change: 'started' | 'ended' | 'stopped' }
  | {
      readonly type: 'polled';
      readonly shardId: string;
      readonly records: number;
      /** Of those, the ones no filter lets pass. */
      readonly filtered: number;
    }
  | ({
      readonly type: 'invoke';
      /** Invocations of these records together, from 1. */
      readonly attempt: number;
      /** How old the last record is, milliseconds. */
      readonly iteratorAgeMs: number;
      /** Set in a tumbling window. */
      readonly window?: WindowSpan;
    } & Place &
      BatchSpan)
  | ({
      readonly type: 'result';
      readonly verdict: Verdict;
      readonly requestId: string;
      readonly durationMs: number;
      /** Whether `batchItemFailures` named records. */
      readonly reportedFailures: boolean;
      /** What the function threw. */
      readonly error?: { readonly type: string; readonly message: string };
    } & Place &
      BatchSpan)
  | ({
      readonly type: 'retry';
      readonly attempt: number;
      /** When, milliseconds since the epoch. */
      readonly at: number;
      readonly window?: WindowSpan;
    } & Place &
      BatchSpan)
  | ({
      readonly type: 'drop';
      readonly condition: DropCondition;
      readonly approximateInvokeCount: number;
      /** ARN; undefined when there is none. */
      readonly destination: string | undefined;
      /** Whether the destination took it. */
      readonly delivered: boolean;
      readonly reason?: string;
      readonly window?: WindowSpan;
    } & Place &
      BatchSpan)
  | { readonly type: 'trouble'; readonly shardId?: string; readonly message: string }
  | { readonly type: 'warning'; readonly message: string };

export type MappingListener = (event: MappingEvent) => void;
