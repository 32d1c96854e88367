import { describe, expect, test } from 'vitest';

import {
  evaluateAlarm,
  type AlarmState,
  type MissingData,
} from '../../../src/neighbours/cloudwatch/evaluate-alarm.ts';

const treatments: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const retained = 'RETAIN';

/** `0` is a good data point, `X` a breaching one, `-` none; the newest last. */
function stateOf(range: string, needed: number, treatMissingData: MissingData): string {
  const values = Array.from(range, (mark) => (mark === '-' ? undefined : mark === 'X' ? 10 : 0));
  const rule = { evaluationPeriods: 3, datapointsToAlarm: needed, treatMissingData, breaches: isHigh };
  const states: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];
  const after = states.map((before) => evaluateAlarm(rule, values, before));
  return after.every((state, index) => state === states[index]) ? retained : [...new Set(after)].join('/');
}

function isHigh(value: number): boolean {
  return value > 5;
}

/** The tables of the CloudWatch guide, in its order: missing, ignore, breaching, notBreaching. */
describe('an alarm takes the state the guide says', () => {
  test.each([
    ['0-X-X', ['OK', 'OK', 'OK', 'OK']],
    ['0----', ['OK', 'OK', 'OK', 'OK']],
    ['-----', ['INSUFFICIENT_DATA', retained, 'ALARM', 'OK']],
    ['0XX-X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['--X--', ['ALARM', retained, 'ALARM', 'OK']],
  ])('for 3 out of 3 on %s', (range, expected) => {
    expect(treatments.map((treatment) => stateOf(range, 3, treatment))).toEqual(expected);
  });

  test.each([
    ['0-X-X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['00X0X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0-X--', ['OK', 'OK', 'ALARM', 'OK']],
    ['----0', ['OK', 'OK', 'ALARM', 'OK']],
    ['---X-', ['ALARM', retained, 'ALARM', 'OK']],
  ])('for 2 out of 3 on %s', (range, expected) => {
    expect(treatments.map((treatment) => stateOf(range, 2, treatment))).toEqual(expected);
  });

  test('and does not go off too early on a single new data point', () => {
    expect(stateOf('----X', 3, 'missing')).toBe(retained);
  });
});
