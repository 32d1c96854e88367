import type { MappingEvent } from '../../event-source/mapping-event.ts';
import type { LambdaMeter } from '../../local-lambda.ts';
import type { Dimension, MetricStore } from './metric-store.ts';
import { minuteMs } from './series.ts';

/**
 * Counts as the metrics Lambda sends to CloudWatch: namespace `AWS/Lambda`, those of functions always, the EventCount
 * group of a mapping when its MetricsConfig asks for it. See
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html}.
 */
export function createLambdaMeter(store: MetricStore, now: () => number): LambdaMeter {
  const running = new Map<string, number>();
  const add = (dimension: Dimension, name: string, unit: string, value: number): void => {
    const time = now();
    const id = { namespace: 'AWS/Lambda', name, dimensions: [dimension] };
    store.series(id, unit).add(time - (time % minuteMs), value);
  };
  return {
    ofFunction(name, event) {
      const dimension = { name: 'FunctionName', value: name };
      if (event.type === 'start') {
        const concurrent = (running.get(name) ?? 0) + 1;
        running.set(name, concurrent);
        add(dimension, 'ConcurrentExecutions', 'Count', concurrent);
      } else if (event.type === 'report') {
        running.set(name, Math.max(0, (running.get(name) ?? 0) - 1));
        add(dimension, 'Invocations', 'Count', 1);
        add(dimension, 'Errors', 'Count', event.result.type === 'error' ? 1 : 0);
        add(dimension, 'Duration', 'Milliseconds', event.durationMs);
      }
    },
    ofMapping(settings, uuid, event) {
      const dimension = { name: 'FunctionName', value: nameOf(settings.FunctionArn) };
      countFunction((name, unit, value) => add(dimension, name, unit, value), event);
      if (settings.MetricsConfig?.Metrics.includes('EventCount') !== true) return;
      const ofMapping = { name: 'EventSourceMappingUUID', value: uuid };
      countEvents((name, value) => add(ofMapping, name, 'Count', value), event);
    },
  };
}

/** What only the mapping knows of its function. */
function countFunction(add: (name: string, unit: string, value: number) => void, event: MappingEvent): void {
  if (event.type === 'invoke' && event.records > 0) add('IteratorAge', 'Milliseconds', event.iteratorAgeMs);
  if (event.type === 'result') add('Throttles', 'Count', event.verdict.type === 'refused' ? 1 : 0);
  if (event.type === 'drop' && event.destination !== undefined && event.condition !== 'RetentionExpired') {
    add('DestinationDeliveryFailures', 'Count', event.delivered ? 0 : 1);
  }
}

function countEvents(add: (name: string, value: number) => void, event: MappingEvent): void {
  switch (event.type) {
    case 'polled':
      add('PolledEventCount', event.records);
      add('FilteredOutEventCount', event.filtered);
      return;
    case 'invoke':
      add('InvokedEventCount', event.records);
      return;
    case 'result':
      add('FailedInvokeEventCount', failedRecords(event));
      return;
    case 'drop':
      // What the stream itself drops is not counted, what a destination took is not dropped.
      if (event.condition === 'RetentionExpired') return;
      if (event.delivered) add('OnFailureDestinationDeliveredEventCount', event.records);
      else add('DroppedEventCount', event.records);
      return;
    case 'retry':
    case 'shard':
    case 'state':
    case 'trouble':
    case 'warning':
  }
}

function failedRecords({ verdict, records }: Extract<MappingEvent, { type: 'result' }>): number {
  if (verdict.type === 'done') return 0;
  return verdict.type === 'partial' ? records - verdict.from : records;
}

function nameOf(functionArn: string): string {
  return functionArn.split(':')[6] ?? functionArn;
}
