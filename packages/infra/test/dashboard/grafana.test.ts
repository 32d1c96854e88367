import { measurements } from '@millrace/kinesis/runtime';
import { expect, test } from 'vitest';

import { grafanaDashboard } from '@millrace/infra';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly {
    readonly expr?: string;
    readonly metricName?: string;
    readonly dimensions?: object;
  }[];
}
const panels = grafanaDashboard()['panels'] as readonly Panel[];

test('the shipped file is what the model makes', async () => {
  await expect(`${JSON.stringify(grafanaDashboard(), undefined, 2)}\n`).toMatchFileSnapshot(
    '../../templates/grafana.json',
  );
});

test('everything the library measures has a panel, and every panel asks for something it measures', () => {
  const asked = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => expr ?? []));
  for (const { name } of measurements) {
    expect(
      asked.some((expr) => new RegExp(`\\b${name.replaceAll('.', '_')}(?:_bucket)?\\{`).test(expr)),
    ).toBe(true);
  }
  const known = new Set(measurements.map(({ name }) => name.replaceAll('.', '_')));
  for (const expr of asked) {
    expect(known).toContain(/\b(millrace_\w+?)(?:_bucket)?\{/.exec(expr)?.[1]);
  }
});

test('what the service counts is there, of the chosen stream', () => {
  const targets = panels.flatMap(({ targets: some = [] }) => some);
  const metrics = targets.flatMap(({ metricName }) => metricName ?? []);
  for (const name of [
    'IncomingRecords',
    'IncomingBytes',
    'GetRecords.IteratorAgeMilliseconds',
    'WriteProvisionedThroughputExceeded',
  ]) {
    expect(metrics).toContain(name);
  }
  const subjects = targets
    .filter(({ metricName }) => metricName !== undefined)
    .map(({ dimensions }) => dimensions);
  expect(new Set(subjects.map((subject) => JSON.stringify(subject)))).toEqual(
    new Set(['{"StreamName":["$stream"]}']),
  );
});

test('panels have their own id and do not overlap', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
