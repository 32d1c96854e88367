import { at, items, mentioned, textOf, type Node } from '../node.ts';
import { ofType, type Project, type TemplateResource } from '../project.ts';
import { streamMappings } from './mappings.ts';

/** The alarms on streams. */
export function kinesisAlarms(project: Project): readonly TemplateResource[] {
  return ofType(project, 'AWS::CloudWatch::Alarm').filter((one) =>
    metricsOf(one).some((metric) => textOf(at(metric, 'Namespace')) === 'AWS/Kinesis'),
  );
}

/** Those on what happens to records: on Kinesis, on functions that read streams, and on their mappings. */
export function readerAlarms(project: Project): readonly TemplateResource[] {
  const readers = streamMappings(project).flatMap((mapping) => [
    mapping.id,
    ...mentioned(at(mapping.properties, 'FunctionName')),
  ]);
  return ofType(project, 'AWS::CloudWatch::Alarm').filter((one) =>
    metricsOf(one).some((metric) => {
      const namespace = textOf(at(metric, 'Namespace'));
      if (namespace === 'AWS/Kinesis') return true;
      const watched = mentioned(at(metric, 'Dimensions'));
      return namespace === 'AWS/Lambda' && watched.some((id) => readers.includes(id));
    }),
  );
}

/** Those on how late a reader is. */
export function ageAlarms(project: Project): readonly TemplateResource[] {
  return ofType(project, 'AWS::CloudWatch::Alarm').filter((one) =>
    /IteratorAge|MillisBehindLatest/.test(metricNames(one).join(' ')),
  );
}

/** Its one metric, or those of its metric math. */
export function metricsOf(one: TemplateResource): readonly Node[] {
  const queries = items(at(one.properties, 'Metrics')).flatMap(
    (query) => at(query, 'MetricStat', 'Metric') ?? at(query, 'Metric') ?? [],
  );
  return at(one.properties, 'MetricName') === undefined ? queries : [one.properties];
}

export function metricNames(one: TemplateResource): readonly string[] {
  return metricsOf(one).map((metric) => textOf(at(metric, 'MetricName')) ?? '');
}

/** Whether any alarm of the project has one of these metrics. */
export function isWatched(project: Project, metrics: readonly string[]): boolean {
  return ofType(project, 'AWS::CloudWatch::Alarm').some((one) =>
    metricNames(one).some((name) => metrics.includes(name)),
  );
}
