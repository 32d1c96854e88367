export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export interface AlarmRule {
  /** N of "M out of N". */
  readonly evaluationPeriods: number;
  /** M of "M out of N". */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
  /** Whether a value is over the line. */
  readonly breaches: (value: number) => boolean;
}

/** Periods looked at beyond `evaluationPeriods`, in search of data points that are there. */
export const extraPeriods = 2;

/**
 * The state an alarm takes, from the values of its evaluation range, the oldest first and undefined where missing.
 * Data points that are there are used before missing ones are made up. See
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data}.
 */
export function evaluateAlarm(
  rule: AlarmRule,
  range: readonly (number | undefined)[],
  current: AlarmState,
): AlarmState {
  const { evaluationPeriods: periods, datapointsToAlarm: needed, treatMissingData, breaches } = rule;
  const present = range.filter((value) => value !== undefined).slice(-periods);
  const breaching = present.filter(breaches).length;
  if (breaching >= needed) return 'ALARM';
  const filled = periods - present.length;
  if (filled === 0 || treatMissingData === 'notBreaching') return 'OK';
  if (treatMissingData === 'breaching') return breaching + filled >= needed ? 'ALARM' : 'OK';
  if (present.length > breaching) return 'OK';
  if (treatMissingData === 'ignore') return current;
  if (present.length === 0) return 'INSUFFICIENT_DATA';
  // Only breaching data points are there, too few of them: an alarm all the same once the oldest is old enough.
  const oldest = range.findIndex((value) => value !== undefined);
  return range.length - oldest >= needed ? 'ALARM' : current;
}
