import type { CallEnd, Meter, PutTraffic, ReadTraffic } from '../../api/meter.ts';
import type { Stream } from '../../engine/stream.ts';
import type { Dimension, MetricStore } from './metric-store.ts';
import { minuteMs, type Series } from './series.ts';

/**
 * Counts calls as the metrics Kinesis sends to CloudWatch: namespace `AWS/Kinesis`, those of a stream always, those
 * of its shards when EnableEnhancedMonitoring asked for them. See
 * {@link https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html}.
 */
export function createKinesisMeter(store: MetricStore, now: () => number): Meter {
  const gauges = new Gauges(store, now);
  return {
    put: (stream, traffic) => {
      gauges.turn();
      countPut(gauges, stream, traffic);
    },
    read: (stream, traffic) => {
      gauges.turn();
      countRead(gauges, stream, traffic);
    },
    end: (call) => {
      // What succeeded was just counted: reading the clock is the dearest part of counting.
      if (call.failure !== undefined || call.operation === 'SubscribeToShard') gauges.turn();
      countEnd(gauges, call);
    },
  };
}

function countPut(gauges: Gauges, stream: Stream, traffic: PutTraffic): void {
  const { operation, total, throttled, failed, bytes } = traffic;
  const stored = total - throttled - failed;
  const of = gauges.ofStream(stream.name);
  if (stored > 0) {
    of('IncomingRecords', 'Count', stored);
    of('IncomingBytes', 'Bytes', bytes);
  }
  of('WriteProvisionedThroughputExceeded', 'Count', throttled);
  if (operation === 'PutRecord') of('PutRecord.Bytes', 'Bytes', bytes);
  else {
    of('PutRecords.Bytes', 'Bytes', bytes);
    of('PutRecords.Records', 'Count', stored);
    of('PutRecords.TotalRecords', 'Count', total);
    of('PutRecords.SuccessfulRecords', 'Count', stored);
    of('PutRecords.FailedRecords', 'Count', failed);
    of('PutRecords.ThrottledRecords', 'Count', throttled);
    of('PutRecords.Success', 'Count', stored > 0 ? 1 : 0);
  }
  for (const shard of traffic.shards ?? []) {
    const ofShard = gauges.ofShard(stream, shard.shardId);
    if (shard.records > 0) {
      ofShard('IncomingRecords', 'Count', shard.records);
      ofShard('IncomingBytes', 'Bytes', shard.bytes);
    }
    ofShard('WriteProvisionedThroughputExceeded', 'Count', shard.throttled);
  }
}

function countRead(gauges: Gauges, stream: Stream, traffic: ReadTraffic): void {
  const { shardId, records, bytes, iteratorAgeMs, consumer } = traffic;
  if (consumer === undefined) {
    const of = gauges.ofStream(stream.name);
    of('GetRecords.Bytes', 'Bytes', bytes);
    of('GetRecords.Records', 'Count', records);
    of('GetRecords.IteratorAgeMilliseconds', 'Milliseconds', iteratorAgeMs);
    of('ReadProvisionedThroughputExceeded', 'Count', 0);
  } else {
    const of = gauges.ofConsumer(stream.name, consumer);
    of('SubscribeToShardEvent.Success', 'Count', 1);
    of('SubscribeToShardEvent.Bytes', 'Bytes', bytes);
    of('SubscribeToShardEvent.Records', 'Count', records);
    of('SubscribeToShardEvent.MillisBehindLatest', 'Milliseconds', iteratorAgeMs);
  }
  const ofShard = gauges.ofShard(stream, shardId);
  ofShard('OutgoingBytes', 'Bytes', bytes);
  ofShard('OutgoingRecords', 'Count', records);
  if (consumer !== undefined) return;
  ofShard('IteratorAgeMilliseconds', 'Milliseconds', iteratorAgeMs);
  ofShard('ReadProvisionedThroughputExceeded', 'Count', 0);
}

function countEnd(gauges: Gauges, call: CallEnd): void {
  const { operation, stream, latencyMs, failure, shardId, consumer } = call;
  // Asking whether one may is no failure: an alarm on it would go off at whoever looks.
  if (failure === 'DryRunOperationException') return;
  const of = gauges.ofStream(stream.name);
  const throttled = failure === 'ProvisionedThroughputExceededException';
  if (operation === 'PutRecord' || operation === 'PutRecords') {
    // Whole names: one put together for each call would have to be hashed anew.
    of(operation === 'PutRecord' ? 'PutRecord.Latency' : 'PutRecords.Latency', 'Milliseconds', latencyMs);
    // A PutRecords that was answered has told its own success: it takes one record.
    if (operation === 'PutRecord' || failure !== undefined) {
      const name = operation === 'PutRecord' ? 'PutRecord.Success' : 'PutRecords.Success';
      of(name, 'Count', failure === undefined ? 1 : 0);
    }
  } else if (operation === 'GetRecords') {
    of('GetRecords.Latency', 'Milliseconds', latencyMs);
    of('GetRecords.Success', 'Count', failure === undefined ? 1 : 0);
    if (!throttled) return;
    of('ReadProvisionedThroughputExceeded', 'Count', 1);
    if (shardId !== undefined) {
      gauges.ofShard(stream, shardId)('ReadProvisionedThroughputExceeded', 'Count', 1);
    }
  } else if (operation === 'SubscribeToShard' && consumer !== undefined) {
    const ofConsumer = gauges.ofConsumer(stream.name, consumer);
    ofConsumer('SubscribeToShard.Success', 'Count', failure === undefined ? 1 : 0);
    ofConsumer('SubscribeToShard.RateExceeded', 'Count', failure === 'LimitExceededException' ? 1 : 0);
  }
}

type Add = (name: string, unit: string, value: number) => void;

/** The series of the current minute at hand: by subject, then by metric. Forgotten every minute, so it stays small. */
class Gauges {
  readonly #store: MetricStore;
  readonly #now: () => number;
  #minute = Number.NaN;
  readonly #adders = new Map<string, Add>();

  constructor(store: MetricStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Looks at the clock: what follows is counted to the minute it is now. */
  turn(): void {
    const now = this.#now();
    if (now >= this.#minute && now < this.#minute + minuteMs) return;
    this.#minute = now - (now % minuteMs);
    this.#adders.clear();
  }

  ofStream(stream: string): Add {
    return this.#of(stream, () => [{ name: 'StreamName', value: stream }]);
  }

  ofConsumer(stream: string, consumer: string): Add {
    return this.#of(`${stream}/consumer/${consumer}`, () => [
      { name: 'StreamName', value: stream },
      { name: 'ConsumerName', value: consumer },
    ]);
  }

  /** Counts only the metrics the stream asked for. */
  ofShard(stream: Stream, shardId: string): Add {
    const wanted = stream.shardLevelMetrics;
    if (wanted.size === 0) return ignore;
    const add = this.#of(`${stream.name}/shard/${shardId}`, () => [
      { name: 'StreamName', value: stream.name },
      { name: 'ShardId', value: shardId },
    ]);
    return (name, unit, value) => {
      if (wanted.has(name)) add(name, unit, value);
    };
  }

  #of(key: string, dimensions: () => readonly Dimension[]): Add {
    const known = this.#adders.get(key);
    if (known !== undefined) return known;
    const minute = this.#minute;
    const series = new Map<string, Series>();
    const subject = dimensions();
    const add: Add = (name, unit, value) => {
      let found = series.get(name);
      if (found === undefined) {
        found = this.#store.series({ namespace: 'AWS/Kinesis', name, dimensions: subject }, unit);
        series.set(name, found);
      }
      found.add(minute, value);
    };
    this.#adders.set(key, add);
    return add;
  }
}

function ignore(): void {
  // Not asked for.
}
