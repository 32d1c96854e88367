import type { Input } from './input.ts';
import { page } from './page.ts';

/** Something that happened to an alarm. */
export interface HistoryItem {
  readonly name: string;
  readonly at: number;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate';
  readonly summary: string;
  readonly data: string;
}

const historyKept = 1000;

/** What happened to all alarms, the newest thousand of it; also to those that are gone. */
export class AlarmHistory {
  readonly #items: HistoryItem[] = [];

  note(item: HistoryItem): void {
    if (this.#items.length >= historyKept) this.#items.shift();
    this.#items.push(item);
  }

  /** The answer of DescribeAlarmHistory. */
  describe(input: Input): object {
    const name = input.text('AlarmName');
    const type = input.choice('HistoryItemType', ['ConfigurationUpdate', 'StateUpdate', 'Action']);
    const from = input.time('StartDate') ?? Number.NEGATIVE_INFINITY;
    const to = input.time('EndDate') ?? Number.POSITIVE_INFINITY;
    const found = this.#items.filter(
      (item) =>
        (name === undefined || item.name === name) &&
        (type === undefined || item.type === type) &&
        item.at >= from &&
        item.at <= to,
    );
    const ascending =
      input.choice('ScanBy', ['TimestampAscending', 'TimestampDescending']) === 'TimestampAscending';
    const { items, next } = page(ascending ? found : found.toReversed(), input, 50);
    return {
      AlarmHistoryItems: items.map((item) => ({
        AlarmName: item.name,
        AlarmType: 'MetricAlarm',
        Timestamp: new Date(item.at),
        HistoryItemType: item.type,
        HistorySummary: item.summary,
        HistoryData: item.data,
      })),
      ...(next === undefined ? {} : { NextToken: next }),
    };
  }
}
