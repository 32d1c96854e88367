import { measurements, type Measurement } from '@millrace/kinesis/runtime';

import { isExpression } from '../template/value.ts';
import { dashboardBody } from './dashboard.ts';

/** A panel of Grafana, as far as it is set here. */
export type GrafanaPanel = Readonly<Record<string, unknown>>;

/**
 * A Grafana dashboard to import: what the service counts from CloudWatch, in the rows of {@link dashboardBody}, and what
 * producers and consumers measure of themselves from Prometheus (`promMeter`), made from the library's own list of
 * measurements, so that neither can name a metric there is not. Its data sources and the stream are chosen above it.
 *
 * @see {@link https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/}
 * @example
 * ```ts
 * await writeFile('grafana.json', JSON.stringify(grafanaDashboard()));
 * ```
 */
export function grafanaDashboard(): Readonly<Record<string, unknown>> {
  const rows = [
    { title: 'The service (CloudWatch)', panels: cloudwatchPanels() },
    { title: 'Producers (Prometheus)', panels: prometheusPanels('millrace.producer.') },
    { title: 'Consumers (Prometheus)', panels: prometheusPanels('millrace.consumer.') },
  ];
  return {
    title: 'Millrace: a Kinesis stream',
    uid: 'millrace-stream',
    schemaVersion: 39,
    tags: ['kinesis', 'millrace'],
    time: { from: 'now-3h', to: 'now' },
    refresh: '1m',
    templating: { list: variables },
    panels: place(rows),
  };
}

const variables: readonly object[] = [
  { name: 'cloudwatch', label: 'CloudWatch', type: 'datasource', query: 'cloudwatch' },
  { name: 'prometheus', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
  { name: 'region', label: 'Region', type: 'textbox', query: 'default' },
  { name: 'stream', label: 'Stream', type: 'textbox', query: 'orders' },
];

const columns = 3;
const height = 8;

/** Row after row, three panels beside each other. */
function place(
  rows: readonly { readonly title: string; readonly panels: readonly GrafanaPanel[] }[],
): readonly GrafanaPanel[] {
  const placed: GrafanaPanel[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: 24, h: 1 },
    });
    y++;
    for (const [index, panel] of panels.entries()) {
      const gridPos = {
        x: (index % columns) * (24 / columns),
        y: y + Math.floor(index / columns) * height,
        w: 24 / columns,
        h: height,
      };
      placed.push({ id: placed.length + 1, ...panel, gridPos });
    }
    y += Math.ceil(panels.length / columns) * height;
  }
  return placed;
}

function prometheusPanels(prefix: string): readonly GrafanaPanel[] {
  return measurements
    .filter(({ name }) => name.startsWith(prefix))
    .map((measurement) => ({
      type: 'timeseries',
      title: measurement.name.slice('millrace.'.length),
      description: measurement.about,
      datasource: { type: 'prometheus', uid: '${prometheus}' },
      fieldConfig: { defaults: { unit: unitOf(measurement), min: 0 }, overrides: [] },
      targets: measurement.kind === 'counter' ? rates(measurement) : quantiles(measurement),
    }));
}

function rates({ name, labels }: Measurement): readonly object[] {
  const by = labels.filter((label) => label !== 'stream');
  const sum = by.length === 0 ? 'sum' : `sum by (${by.join(', ')})`;
  return [
    {
      refId: 'A',
      expr: `${sum} (rate(${promName(name)}{stream="$stream"}[$__rate_interval]))`,
      legendFormat: by.length === 0 ? 'a second' : by.map((label) => `{{${label}}}`).join(' '),
    },
  ];
}

function quantiles({ name }: Measurement): readonly object[] {
  return [0.5, 0.99].map((quantile, index) => ({
    refId: index === 0 ? 'A' : 'B',
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${promName(name)}_bucket{stream="$stream"}[$__rate_interval])))`,
    legendFormat: `p${quantile * 100}`,
  }));
}

/** As `promMeter` names it. */
function promName(name: string): string {
  return name.replaceAll('.', '_');
}

function unitOf({ kind, unit }: Measurement): string {
  if (unit === 'ms') return 'ms';
  if (unit === 'bytes') return kind === 'counter' ? 'binBps' : 'bytes';
  return kind === 'counter' ? 'cps' : 'short';
}

interface Widget {
  readonly title: string;
  readonly metrics: readonly (readonly unknown[])[];
}

/** The widgets of the CloudWatch dashboard that show metrics as they are; what is computed there stays there. */
function cloudwatchPanels(): readonly GrafanaPanel[] {
  const { widgets } = dashboardBody({ streamName: '$stream', retentionHours: 24 });
  return (Array.isArray(widgets) ? widgets : []).flatMap((widget): readonly GrafanaPanel[] => {
    const { title, metrics } = readWidget(widget);
    const targets = metrics.map(cloudwatchTarget).filter((target) => target !== undefined);
    if (targets.length === 0) return [];
    return [
      {
        type: 'timeseries',
        title,
        datasource: { type: 'cloudwatch', uid: '${cloudwatch}' },
        fieldConfig: { defaults: { min: 0 }, overrides: [] },
        targets,
      },
    ];
  });
}

function readWidget(widget: unknown): Widget {
  const properties = member(widget, 'properties');
  const title = member(properties, 'title');
  const metrics = member(properties, 'metrics');
  return {
    title: typeof title === 'string' ? title : '',
    metrics: Array.isArray(metrics) ? metrics.filter((metric) => Array.isArray(metric)) : [],
  };
}

function cloudwatchTarget(metric: readonly unknown[], index: number): object | undefined {
  const [namespace, metricName, ...rest] = metric;
  const options = rest.at(-1);
  const dimensions = rest.slice(0, -1);
  if (typeof namespace !== 'string' || typeof metricName !== 'string') return undefined;
  const pairs = Array.from({ length: dimensions.length / 2 }, (_, pair) => [
    String(dimensions[pair * 2]),
    [String(dimensions[pair * 2 + 1])],
  ]);
  return {
    refId: String.fromCodePoint(65 + index),
    region: '$region',
    namespace,
    metricName,
    dimensions: Object.fromEntries(pairs),
    statistic: member(options, 'stat') ?? 'Average',
    label: member(options, 'label') ?? metricName,
    period: '60',
    matchExact: true,
    metricEditorMode: 0,
    metricQueryType: 0,
    queryMode: 'Metrics',
  };
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || isExpression(value)) return undefined;
  return Reflect.get(value, name);
}
