import type { Clock } from '@millrace/kinesis/runtime';

import type { Fault, FaultCall, Faults } from './fault.ts';
import { checkFaultRule, type CheckedRule, type FaultError } from './fault-rule.ts';
import type { EntryFault } from './operation.ts';

/** A rule in force. */
export interface ActiveFault extends CheckedRule {
  /** Names it among those in force. */
  readonly id: string;
  /** When it was set, milliseconds since the epoch. */
  readonly setAt: number;
  /** Calls hit so far. */
  readonly hits: number;
}

/**
 * Rules of what goes wrong, which may be set and lifted at any time. Chance is the clock's, so a run on a manual
 * clock replays. Of several rules that hit a call, their latencies add up and the first cut, error and refusal
 * count.
 */
export class FaultRules {
  readonly #clock: Pick<Clock, 'now' | 'monotonic' | 'random'>;
  readonly #rules = new Map<string, Entry>();
  #nextId = 1;

  constructor(clock: Pick<Clock, 'now' | 'monotonic' | 'random'>) {
    this.#clock = clock;
  }

  /** The rules in force, the oldest first. */
  get active(): readonly ActiveFault[] {
    this.#forgetEnded();
    return [...this.#rules.values()];
  }

  /** Throws `OPTION_INVALID`, naming the member under `path`. */
  add(rule: unknown, path = 'fault'): ActiveFault {
    const checked = checkFaultRule(rule, path);
    const { lifeMs } = checked;
    const entry: Entry = {
      ...checked,
      id: String(this.#nextId++),
      setAt: this.#clock.now(),
      hits: 0,
      endsAt: lifeMs === undefined ? undefined : this.#clock.monotonic() + lifeMs,
    };
    this.#rules.set(entry.id, entry);
    return entry;
  }

  /** Whether there was such a rule. */
  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  /** What the rules do to calls; undefined while there are none. */
  get current(): Faults | undefined {
    return this.#rules.size === 0 ? undefined : this.decide;
  }

  /** What the rules do to a call. */
  readonly decide: Faults = (call) => {
    if (this.#rules.size === 0) return undefined;
    this.#forgetEnded();
    let fault: Fault | undefined;
    for (const entry of this.#rules.values()) {
      if (!concerns(entry, call)) continue;
      if (entry.rate < 1 && this.#clock.random() >= entry.rate) continue;
      entry.hits++;
      fault = merge(fault, this.#faultOf(entry, call));
    }
    return fault;
  };

  #faultOf(entry: Entry, call: FaultCall): Fault {
    const { latency, records, rule } = entry;
    const delayMs =
      latency === undefined ? 0 : latency.from + this.#clock.random() * (latency.to - latency.from);
    const fault: Fault = {
      ...(delayMs > 0 ? { delayMs } : {}),
      ...(rule.drop === undefined ? {} : { drop: rule.drop }),
    };
    if (isOfRecords(entry, call)) {
      const picks = records ?? { chance: 1 };
      return { ...fault, entry: this.#refusals(rule, picks, call.entries) };
    }
    if (rule.error === undefined || records !== undefined) return fault;
    const message = rule.message ?? words[rule.error];
    return {
      ...fault,
      error: {
        type: rule.error,
        ...(message === undefined ? {} : { message }),
        ...(rule.when === undefined ? {} : { when: rule.when }),
      },
    };
  }

  #refusals(
    rule: CheckedRule['rule'],
    picks: NonNullable<CheckedRule['records']>,
    entries: number,
  ): NonNullable<Fault['entry']> {
    const refusal: EntryFault = {
      ...(rule.error === 'InternalFailure' ? { code: rule.error } : {}),
      ...(rule.message === undefined ? {} : { message: rule.message }),
    };
    const elsewhere = (shardId: () => string): boolean =>
      rule.shard !== undefined && shardId() !== rule.shard;
    if ('chance' in picks) {
      return (_index, shardId) => {
        if (elsewhere(shardId)) return undefined;
        return picks.chance >= 1 || this.#clock.random() < picks.chance ? refusal : undefined;
      };
    }
    if (rule.shard === undefined) {
      const picked = this.#pick(picks.count, entries);
      return (index) => (picked.has(index) ? refusal : undefined);
    }
    // How many of the records go to the shard is not known beforehand, so its first ones are it.
    let left = picks.count;
    return (_index, shardId) => {
      if (left === 0 || elsewhere(shardId)) return undefined;
      left--;
      return refusal;
    };
  }

  /** `count` different indexes below `total`, every choice as likely. */
  #pick(count: number, total: number): ReadonlySet<number> {
    const picked = new Set<number>();
    for (let index = 0; index < total && picked.size < count; index++) {
      if (this.#clock.random() * (total - index) < count - picked.size) picked.add(index);
    }
    return picked;
  }

  #forgetEnded(): void {
    const now = this.#clock.monotonic();
    for (const { id, endsAt, calls, hits } of this.#rules.values()) {
      if ((endsAt !== undefined && now >= endsAt) || (calls !== undefined && hits >= calls)) {
        this.#rules.delete(id);
      }
    }
  }
}

interface Entry extends ActiveFault {
  hits: number;
  /** Monotonic milliseconds. */
  readonly endsAt: number | undefined;
}

/** Whether the rule refuses records of the call rather than the call. */
function isOfRecords({ rule, records }: CheckedRule, call: FaultCall): boolean {
  if (call.operation !== 'PutRecords') return false;
  if (records !== undefined) return true;
  const { shard, error } = rule;
  return (
    shard !== undefined && (error === 'ProvisionedThroughputExceededException' || error === 'InternalFailure')
  );
}

function concerns(entry: CheckedRule, call: FaultCall): boolean {
  const { rule, operations, records } = entry;
  if (operations !== undefined && !operations.has(call.operation)) return false;
  if (records !== undefined && call.operation !== 'PutRecords') return false;
  if (rule.stream !== undefined && rule.stream !== call.stream) return false;
  return rule.shard === undefined || rule.shard === call.shardId || isOfRecords(entry, call);
}

function merge(first: Fault | undefined, second: Fault): Fault {
  if (first === undefined) return second;
  const delayMs = (first.delayMs ?? 0) + (second.delayMs ?? 0);
  const refuseFirst = first.entry;
  const refuseSecond = second.entry;
  const entry =
    refuseFirst === undefined || refuseSecond === undefined
      ? (refuseFirst ?? refuseSecond)
      : (index: number, shardId: () => string): EntryFault | undefined =>
          refuseFirst(index, shardId) ?? refuseSecond(index, shardId);
  return {
    ...second,
    ...first,
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(entry === undefined ? {} : { entry }),
  };
}

const words: Readonly<Partial<Record<FaultError, string>>> = {
  ExpiredIteratorException: 'Iterator expired.',
  InternalFailure: 'Internal service failure.',
  KMSThrottlingException: 'The request was denied due to request throttling.',
  LimitExceededException: 'Rate exceeded.',
  ProvisionedThroughputExceededException: 'Rate exceeded for the shard or stream.',
  ServiceUnavailableException: 'The service is unavailable. Please try again shortly.',
  UnrecognizedClientException: 'The security token included in the request is invalid.',
};
