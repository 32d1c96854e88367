import type { Position } from '@millrace/kinesis/record';

import type { ResolvedChoices } from './choices.ts';
import { deliver } from './destination.ts';
import {
  createMeasure,
  envelopeBytes,
  toEvent,
  windowBytesOf,
  type EventContext,
  type KinesisEvent,
} from './event.ts';
import { compileFilter } from './filter/criteria.ts';
import type { InvokeResult } from './invoker.ts';
import type { LaneRules, Outcome, WindowTurn } from './lane.ts';
import { spanOf, type DropStep, type LaneEffects } from './lane-run.ts';
import type { WindowSpan } from './mapping-event.ts';
import type { MappingInit } from './mapping-init.ts';
import type { MappingSettings } from './settings.ts';
import { ShardRun, type LaneWindows } from './shard-run.ts';
import type { MappingSource } from './source.ts';
import { toWindowPart, type WindowPart } from './tumbling-window.ts';
import { newUuid } from './uuid.ts';

export interface ShardInit extends MappingInit {
  readonly source: MappingSource;
  readonly shardId: string;
  readonly position: Position;
  /** Tumbling windows under way before it. */
  readonly windows: LaneWindows;
}

/** One shard of a mapping with all that its settings ask for. */
export function createShardRun(init: ShardInit): ShardRun {
  const { settings, choices, doors, shardId, tell } = init;
  const context: EventContext = {
    shardId,
    eventSourceArn: choices.eventSourceArn ?? settings.EventSourceArn,
    region: doors.region,
    roleArn: doors.invoker(settings.FunctionArn)?.roleArn ?? '',
  };
  const patterns = settings.FilterCriteria?.Filters.map(({ Pattern: pattern }) => pattern) ?? [];
  const bytesOf = createMeasure(context);
  const rules = {
    ...rulesOf(settings, choices, init.source),
    windowBytes: windowBytesOf(context),
  };
  return new ShardRun({
    shardId,
    feed: init.source.open(shardId, init.position),
    filter: compileFilter(patterns, { numberEquality: choices.numberEquality }),
    lanes: settings.ParallelizationFactor,
    rules,
    windows: init.windows,
    bytesOf,
    clock: doors.clock,
    pollMs: choices.pollMs,
    onArrival: choices.polling === 'arrival',
    readAhead: choices.readAhead,
    tell,
    moved: init.moved,
    effects: (lane) => new ShardLane(init, context, lane),
  });
}

function rulesOf(
  settings: MappingSettings,
  choices: ResolvedChoices,
  source: Pick<MappingSource, 'retentionMs'>,
): Omit<LaneRules, 'windowBytes'> {
  const age = settings.MaximumRecordAgeInSeconds;
  return {
    batch: {
      records: settings.BatchSize,
      windowMs: settings.MaximumBatchingWindowInSeconds * 1000,
      bytes: choices.maxPayloadBytes - envelopeBytes,
    },
    retry: {
      maximumRetryAttempts: settings.MaximumRetryAttempts,
      maximumRecordAgeMs: age < 0 ? Number.POSITIVE_INFINITY : age * 1000,
      // It may be changed while a batch fails: that is what it is raised for.
      get retentionMs() {
        return source.retentionMs;
      },
      bisectBatchOnFunctionError: settings.BisectBatchOnFunctionError,
      backoff: choices.backoff,
      attemptsAfterBisect: choices.attemptsAfterBisect,
    },
    reportBatchItemFailures: settings.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    tumblingMs: settings.TumblingWindowInSeconds * 1000,
    windowIdleMs: choices.windowIdleMs,
  };
}

/** What a lane does: invoke the function, send what is given up to its destination, tell of both. */
class ShardLane implements Omit<LaneEffects, 'finished'> {
  readonly #init: ShardInit;
  readonly #context: EventContext;
  readonly #place: { readonly shardId: string; readonly lane: number };
  #last: InvokeResult | undefined;

  constructor(init: ShardInit, context: EventContext, lane: number) {
    this.#init = init;
    this.#context = context;
    this.#place = { shardId: init.shardId, lane };
  }

  readonly invoke: LaneEffects['invoke'] = async (step) => {
    const { doors, tell, settings, choices } = this.#init;
    const part = this.#windowPart(step);
    const event = toEvent(step.records, this.#context, part);
    const newest = step.records.at(-1);
    if (step.records.length === 1 && newest !== undefined && newest.data.length > choices.maxPayloadBytes) {
      tell({
        type: 'warning',
        message: `Record ${newest.sequenceNumber} is larger than an invocation may be (${choices.maxPayloadBytes} bytes): on AWS ${settings.FunctionArn} could never be given it.`,
      });
    }
    tell({
      type: 'invoke',
      ...this.#place,
      ...spanOf(step.records),
      attempt: step.attempt,
      iteratorAgeMs: newest === undefined ? 0 : Math.max(0, doors.clock.now() - newest.arrivedAt),
      ...this.#windowSpan(step),
    });
    this.#last = await this.#invoke(event);
    return toOutcome(this.#last);
  };

  /** Looked up every time: a function may be registered anew under its name. */
  async #invoke(event: KinesisEvent): Promise<InvokeResult> {
    const { doors, settings } = this.#init;
    const invoker = doors.invoker(settings.FunctionArn);
    if (invoker !== undefined) return invoker.invoke(event);
    return {
      type: 'refused',
      reason: `There is no ${settings.FunctionArn}.`,
      requestId: newUuid(doors.clock),
    };
  }

  readonly judged: LaneEffects['judged'] = (step, verdict) => {
    const last = this.#last;
    if (last === undefined) return;
    this.#init.tell({
      type: 'result',
      ...this.#place,
      ...spanOf(step.records),
      verdict,
      requestId: last.requestId,
      durationMs: last.type === 'refused' ? 0 : last.durationMs,
      reportedFailures: verdict.type === 'partial' || verdict.type === 'failed',
      ...(last.type === 'error' ? { error: last.error } : {}),
    });
    // What is given up later without having been invoked is no matter of this invocation.
    if (verdict.type === 'done') this.#last = undefined;
  };

  readonly waiting: LaneEffects['waiting'] = (work) => {
    const { records, attempt, until } = work;
    this.#init.tell({
      type: 'retry',
      ...this.#place,
      ...spanOf(records),
      attempt,
      at: until,
      ...this.#windowSpan(work),
    });
  };

  readonly drop: LaneEffects['drop'] = async (step) => {
    const { settings, tell } = this.#init;
    const { Destination: destination } = settings.DestinationConfig.OnFailure;
    const reason = await this.#deliver(step, destination);
    const { condition, approximateInvokeCount } = step;
    tell({
      type: 'drop',
      ...this.#place,
      ...spanOf(step.records),
      condition,
      approximateInvokeCount,
      destination,
      delivered: reason === '',
      ...(reason === undefined || reason === '' ? {} : { reason }),
      ...this.#windowSpan(step),
    });
  };

  /** Why it was not delivered: undefined when there is nowhere, empty when it was. */
  async #deliver(step: DropStep, destination: string | undefined): Promise<string | undefined> {
    const { condition, approximateInvokeCount, functionError, records, turn } = step;
    const first = records[0] ?? turn?.window.first;
    const last = records.at(-1) ?? turn?.window.last;
    if (destination === undefined || condition === 'RetentionExpired') return undefined;
    if (first === undefined || last === undefined) return undefined;
    const { doors, settings, uuid, choices } = this.#init;
    const nextUuid = (): string => newUuid(doors.clock);
    try {
      await deliver(doors.sink, {
        destination,
        mappingId: uuid,
        records,
        context: this.#context,
        window: this.#windowPart(step),
        s3Payload: choices.s3Payload,
        uuid: nextUuid,
        failure: {
          condition,
          approximateInvokeCount,
          functionError,
          requestId: this.#last?.requestId ?? nextUuid(),
          functionArn: settings.FunctionArn,
          shardId: this.#place.shardId,
          streamArn: streamOf(settings.EventSourceArn),
          first,
          last,
          batchSize: records.length,
          at: doors.clock.now(),
        },
      });
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #windowSpan(step: { readonly turn?: WindowTurn | undefined }): { readonly window?: WindowSpan } {
    const part = this.#windowPart(step);
    return part === undefined ? {} : { window: { ...part.window, final: part.isFinalInvokeForWindow } };
  }

  #windowPart({ turn }: { readonly turn?: WindowTurn | undefined }): WindowPart | undefined {
    return turn === undefined ? undefined : toWindowPart(turn.window, turn.final, this.#context);
  }
}

function toOutcome(result: InvokeResult): Outcome {
  if (result.type === 'response') return { type: 'response', response: result.response };
  if (result.type === 'error') return { type: 'error', functionError: result.functionError };
  return { type: 'refused', reason: result.reason };
}

/** The stream of a consumer's ARN, too. */
function streamOf(arn: string): string {
  return arn.split('/consumer/')[0] ?? arn;
}
