import type { Clock } from '@millrace/kinesis/runtime';

import { breaches, describeAlarm, readAlarm, wordsOf, type Alarm, type AlarmSettings } from './alarm.ts';
import { AlarmHistory } from './alarm-history.ts';
import { CloudwatchError } from './cloudwatch-error.ts';
import { evaluateAlarm, extraPeriods, type AlarmState } from './evaluate-alarm.ts';
import type { Input } from './input.ts';
import { dimensionsOf } from './metric-data.ts';
import { createResolver, oneSeries } from './metric-query.ts';
import type { MetricStore } from './metric-store.ts';
import { page } from './page.ts';
import { minuteMs } from './series.ts';
import { floorTo, toPeriodMs } from './statistics.ts';

export interface AlarmsOptions {
  readonly store: MetricStore;
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
}

const alarmLimit = 5000;
const states = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;

/**
 * Metric alarms, evaluated at the turn of every minute over the periods that are over by then, as long as there is
 * one. Their actions are kept but not carried out: there is nobody here to notify.
 */
export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #alarms = new Map<string, Alarm>();
  readonly #history = new AlarmHistory();
  #timer: Disposable | undefined;

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  put(input: Input): void {
    const settings = readAlarm(input);
    const { clock, region, accountId } = this.#options;
    const now = clock.now();
    const known = this.#alarms.get(settings.name);
    if (known === undefined) {
      if (this.#alarms.size >= alarmLimit) {
        throw new CloudwatchError('LimitExceededFault', `There are ${alarmLimit} alarms already.`);
      }
      this.#alarms.set(settings.name, {
        settings,
        state: 'INSUFFICIENT_DATA',
        reason: 'Unchecked: Initial alarm creation',
        reasonData: undefined,
        arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${settings.name}`,
        configuredAt: now,
        updatedAt: now,
        changedAt: now,
      });
    } else {
      // Its state stays until the next evaluation, as in the service.
      known.settings = settings;
      known.configuredAt = now;
    }
    this.#history.note({
      name: settings.name,
      at: now,
      type: 'ConfigurationUpdate',
      summary: `Alarm "${settings.name}" ${known === undefined ? 'created' : 'updated'}`,
      data: JSON.stringify({ version: '1.0', type: known === undefined ? 'Create' : 'Update' }),
    });
    this.#schedule();
  }

  describe(input: Input): object {
    const names = new Set(input.texts('AlarmNames'));
    const prefix = input.text('AlarmNamePrefix') ?? '';
    const state = input.choice('StateValue', states);
    const action = input.text('ActionPrefix', 1024);
    const onlyComposite = input.texts('AlarmTypes').join(',') === 'CompositeAlarm';
    const matching = [...this.#alarms.values()]
      .filter((alarm) => names.size === 0 || names.has(alarm.settings.name))
      .filter((alarm) => alarm.settings.name.startsWith(prefix))
      .filter((alarm) => state === undefined || alarm.state === state)
      .filter((alarm) => action === undefined || hasAction(alarm, action))
      .filter(() => !onlyComposite)
      .toSorted((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
    const { items, next } = page(matching, input, 50);
    return {
      MetricAlarms: items.map(describeAlarm),
      CompositeAlarms: [],
      ...(next === undefined ? {} : { NextToken: next }),
    };
  }

  describeForMetric(input: Input): object {
    const namespace = input.requiredText('Namespace');
    const name = input.requiredText('MetricName');
    const wanted = JSON.stringify(sorted(dimensionsOf(input)));
    const statistic = input.text('Statistic') ?? input.text('ExtendedStatistic');
    const found = [...this.#alarms.values()].filter(({ settings: { queries } }) =>
      queries.some(
        ({ source }) =>
          !('expression' in source) &&
          source.metric.namespace === namespace &&
          source.metric.name === name &&
          JSON.stringify(sorted(source.metric.dimensions)) === wanted &&
          (statistic === undefined || source.statistic === statistic),
      ),
    );
    return { MetricAlarms: found.map(describeAlarm) };
  }

  history(input: Input): object {
    return this.#history.describe(input);
  }

  /** All of them or, when one is not there, none. */
  delete(input: Input): void {
    const names = input.texts('AlarmNames');
    for (const name of names) this.#find(name);
    for (const name of names) this.#alarms.delete(name);
    if (this.#alarms.size === 0) this.close();
  }

  setState(input: Input): void {
    const alarm = this.#find(input.requiredText('AlarmName'));
    const state = input.choice('StateValue', states);
    if (state === undefined) throw input.missing('StateValue');
    const data = input.text('StateReasonData', 4000);
    if (data !== undefined && !isJson(data)) {
      throw new CloudwatchError('InvalidFormatFault', 'StateReasonData must be JSON.');
    }
    this.#become(alarm, state, input.requiredText('StateReason', 1023), data);
  }

  enableActions(input: Input, enabled: boolean): void {
    for (const name of input.texts('AlarmNames')) {
      const alarm = this.#alarms.get(name);
      if (alarm !== undefined) alarm.settings = { ...alarm.settings, actionsEnabled: enabled };
    }
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#alarms.size === 0) return;
    const now = this.#options.clock.now();
    this.#timer = this.#options.clock.timer(floorTo(now, minuteMs) + minuteMs - now, () => {
      this.#timer = undefined;
      for (const alarm of this.#alarms.values()) this.#evaluate(alarm);
      this.#schedule();
    });
  }

  #evaluate(alarm: Alarm): void {
    const { settings } = alarm;
    const period = toPeriodMs(settings.periodSeconds);
    const end = floorTo(this.#options.clock.now(), period);
    const start = end - (settings.evaluationPeriods + extraPeriods) * period;
    const range = this.#valuesOf(settings, start, end, period);
    const state = evaluateAlarm(
      { ...settings, breaches: (value) => breaches(settings, value) },
      range.map(([, value]) => value),
      alarm.state,
    );
    if (state !== alarm.state) this.#become(alarm, state, reasonFor(settings, state, range), undefined);
  }

  #valuesOf(
    { queries, watched }: AlarmSettings,
    start: number,
    end: number,
    period: number,
  ): readonly (readonly [number, number | undefined])[] {
    const times = Array.from({ length: (end - start) / period }, (_, index) => start + index * period);
    try {
      const resolve = createResolver(this.#options.store, queries, start, end);
      const { points } = oneSeries(resolve(watched.id), watched.id);
      return times.map((time) => [time, points.get(time)]);
    } catch {
      // An expression that cannot be evaluated has no data points.
      return times.map((time) => [time, undefined]);
    }
  }

  #become(alarm: Alarm, state: AlarmState, reason: string, data: string | undefined): void {
    const now = this.#options.clock.now();
    const before = alarm.state;
    if (before !== state) alarm.changedAt = now;
    alarm.state = state;
    alarm.reason = reason;
    alarm.reasonData = data;
    alarm.updatedAt = now;
    this.#history.note({
      name: alarm.settings.name,
      at: now,
      type: 'StateUpdate',
      summary: `Alarm updated from ${before} to ${state}`,
      data: JSON.stringify({
        version: '1.0',
        oldState: { stateValue: before },
        newState: { stateValue: state, stateReason: reason },
      }),
    });
  }

  #find(name: string): Alarm {
    const alarm = this.#alarms.get(name);
    if (alarm !== undefined) return alarm;
    throw new CloudwatchError('ResourceNotFound', `Alarm ${name} does not exist.`);
  }
}

function reasonFor(
  settings: AlarmSettings,
  state: AlarmState,
  range: readonly (readonly [number, number | undefined])[],
): string {
  const present = range.filter(([, value]) => value !== undefined).slice(-settings.evaluationPeriods);
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${settings.evaluationPeriods} datapoints were unknown.`;
  }
  const counted = present.filter(([, value = 0]) => breaches(settings, value) === (state === 'ALARM'));
  const shown = counted.map(([time, value]) => `${value} (${new Date(time).toISOString()})`).join(', ');
  const was = `${counted.length === 1 ? 'was' : 'were'} ${state === 'ALARM' ? '' : 'not '}`;
  return (
    `Threshold Crossed: ${counted.length} out of the last ${settings.evaluationPeriods} datapoints [${shown}] ${was}` +
    `${wordsOf(settings.operator)} the threshold (${settings.threshold}) (minimum ${settings.datapointsToAlarm} ` +
    'for OK -> ALARM transition); missing datapoints are treated as ' +
    `${settings.treatMissingData}.`
  ).slice(0, 1023);
}

function hasAction({ settings }: Alarm, prefix: string): boolean {
  return ['OKActions', 'AlarmActions', 'InsufficientDataActions'].some((kind) => {
    const actions = settings.echoed[kind];
    return Array.isArray(actions) && actions.some((action) => String(action).startsWith(prefix));
  });
}

function sorted(dimensions: readonly { readonly name: string; readonly value: string }[]): readonly string[] {
  return dimensions.map(({ name, value }) => `${name}\t${value}`).toSorted();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
