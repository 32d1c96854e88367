import { at, hasUnknown, isTrue, items, numberOf, possibilities, textOf, type Node } from '../node.ts';
import { takesParameters, type Project, type TemplateResource } from '../project.ts';
import { judge, type Report, type Rule } from '../rule.ts';
import { example } from './example.ts';
import { destinationOf, isMissing, streamMappings } from './mappings.ts';

const parameters = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html';
const failures = 'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html';
const partial = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html';
const filtering = 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html';
const windows = 'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html';
const metrics = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html';

/** The traps of event source mappings. */
export const mappingRules: readonly Rule[] = [
  {
    id: 'KST001',
    name: 'mapping-ignores-partial-failures',
    severity: 'error',
    title: 'The mapping ignores batchItemFailures',
    why: 'Records the function reports as failed are taken for done: they are checkpointed and lost. A function that throws instead has its whole batch tried again, and handles the good records twice.',
    fix: 'Set FunctionResponseTypes to [ReportBatchItemFailures], and return the lowest failed sequence number.',
    source: partial,
    ...example({ without: ['FunctionResponseTypes'] }),
    check: forEachMapping((mapping, report) =>
      judge(
        report,
        mapping,
        at(mapping.properties, 'FunctionResponseTypes'),
        (types) =>
          types === undefined ||
          (!hasUnknown(types) && !items(types).some((type) => textOf(type) === 'ReportBatchItemFailures')),
      ),
    ),
  },
  {
    id: 'KST002',
    name: 'mapping-without-failure-destination',
    severity: 'warning',
    title: 'The mapping has no failure destination',
    why: 'It never gives up on a record, so a bad one holds its shard up until the retention ends; the moment somebody limits tries or age, records are dropped without a trace.',
    fix: 'Set DestinationConfig.OnFailure.Destination to a standard SQS queue, or to an S3 bucket, which keeps the records themselves.',
    source: failures,
    ...example({
      without: ['DestinationConfig', 'MaximumRetryAttempts', 'MaximumRecordAgeInSeconds'],
      only: 'DestinationConfig',
    }),
    check: forEachMapping((mapping, report) => {
      if (!givesUp(mapping)) judge(report, mapping, destinationOf(mapping), isMissing);
    }),
  },
  {
    id: 'KST003',
    name: 'mapping-starts-at-latest',
    severity: 'error',
    title: 'The mapping starts at LATEST',
    why: 'Records written before it is up are never read: at the first deployment, and whenever it is made again.',
    fix: 'Set StartingPosition to TRIM_HORIZON, or to AT_TIMESTAMP with a time.',
    source: parameters,
    ...example({ set: { StartingPosition: 'LATEST' } }),
    check: forEachMapping((mapping, report) =>
      judge(
        report,
        mapping,
        at(mapping.properties, 'StartingPosition'),
        (value) => textOf(value) === 'LATEST',
      ),
    ),
  },
  {
    id: 'KST004',
    name: 'mapping-never-gives-up',
    severity: 'warning',
    title: 'The mapping sets no largest record age',
    why: 'A batch that cannot be invoked (throttled, or failing without a limit of tries) holds its shard up until the retention ends; records behind it are then deleted unread.',
    fix: 'Set MaximumRecordAgeInSeconds to less than the retention, with a failure destination.',
    source: parameters,
    ...example({ without: ['MaximumRecordAgeInSeconds'] }),
    check: forEachMapping((mapping, report) =>
      judge(report, mapping, at(mapping.properties, 'MaximumRecordAgeInSeconds'), isUnlimited),
    ),
  },
  {
    id: 'KST005',
    name: 'mapping-drops-records',
    severity: 'error',
    title: 'The mapping drops what it cannot process',
    why: 'After the last try, or past the largest age, records are dropped, and nothing but a metric that is off by default tells of it.',
    fix: 'Set DestinationConfig.OnFailure.Destination to a standard SQS queue, or to an S3 bucket, which keeps the records themselves.',
    source: failures,
    ...example({ without: ['DestinationConfig'] }),
    check: forEachMapping((mapping, report) => {
      if (givesUp(mapping)) judge(report, mapping, destinationOf(mapping), isMissing);
    }),
  },
  {
    id: 'KST012',
    name: 'filter-beyond-data',
    severity: 'error',
    title: 'A filter looks at more than data, or is no JSON',
    why: 'Lambda filters Kinesis records by their data alone: a pattern on another key matches nothing, and every record it is given is skipped for good.',
    fix: 'Write the pattern as {"data": {…}}; data that is no JSON object is skipped, aggregated records too.',
    source: filtering,
    ...example({
      set: { FilterCriteria: { Filters: [{ Pattern: '{"partitionKey": ["ada"]}' }] } },
      good: { FilterCriteria: { Filters: [{ Pattern: '{"data": {"type": ["order"]}}' }] } },
    }),
    check: forEachMapping((mapping, report) => {
      for (const filter of items(at(mapping.properties, 'FilterCriteria', 'Filters'))) {
        judge(report, mapping, at(filter, 'Pattern'), (pattern) => !looksAtDataOnly(pattern));
      }
    }),
  },
  {
    id: 'KST013',
    name: 'timestamp-missing',
    severity: 'error',
    title: 'The mapping starts AT_TIMESTAMP without a time',
    why: 'The service refuses it, and the deployment fails.',
    fix: 'Set StartingPositionTimestamp (Unix seconds; an RFC 3339 time in Terraform).',
    source: parameters,
    ...example({
      set: { StartingPosition: 'AT_TIMESTAMP' },
      good: { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_763_892_000 },
    }),
    check: forEachMapping((mapping, report) => {
      if (at(mapping.properties, 'StartingPositionTimestamp') !== undefined) return;
      judge(
        report,
        mapping,
        at(mapping.properties, 'StartingPosition'),
        (value) => textOf(value) === 'AT_TIMESTAMP',
      );
    }),
  },
  {
    id: 'KST014',
    name: 'record-age-too-small',
    severity: 'error',
    title: 'The largest record age is below 60 seconds',
    why: 'The schema lets it pass and the service refuses it: the deployment fails.',
    fix: 'Set MaximumRecordAgeInSeconds to -1, or to 60 to 604,800.',
    source: parameters,
    ...example({ set: { MaximumRecordAgeInSeconds: 30 } }),
    check: forEachMapping((mapping, report) =>
      judge(report, mapping, at(mapping.properties, 'MaximumRecordAgeInSeconds'), (value) => {
        const seconds = numberOf(value);
        return seconds !== undefined && seconds >= 0 && seconds < 60;
      }),
    ),
  },
  {
    id: 'KST015',
    name: 'window-with-parallel-batches',
    severity: 'warning',
    title: 'A tumbling window has parallel batches',
    why: 'The state of a window is one for each shard; what happens to it with several batches of a shard in flight is not documented.',
    fix: 'Set ParallelizationFactor to 1, or leave TumblingWindowInSeconds out.',
    source: windows,
    ...example({
      set: { TumblingWindowInSeconds: 60, ParallelizationFactor: 4 },
      good: { TumblingWindowInSeconds: 60 },
    }),
    check: forEachMapping((mapping, report) => {
      const window = at(mapping.properties, 'TumblingWindowInSeconds');
      if ((numberOf(window) ?? 0) === 0) return;
      judge(
        report,
        mapping,
        at(mapping.properties, 'ParallelizationFactor'),
        (value) => (numberOf(value) ?? 1) > 1,
      );
    }),
  },
  {
    id: 'KST020',
    name: 'mapping-counts-nothing',
    severity: 'note',
    title: 'The mapping publishes no EventCount metrics',
    why: "With partial failures reported, the function's own Errors stay 0 while records fail; only these metrics tell of records that fail, are set aside or dropped.",
    fix: 'Set MetricsConfig.Metrics to [EventCount].',
    source: metrics,
    ...example({ without: ['MetricsConfig'] }),
    check: forEachMapping((mapping, report) =>
      judge(
        report,
        mapping,
        at(mapping.properties, 'MetricsConfig', 'Metrics'),
        (value) => value === undefined,
      ),
    ),
  },
  {
    id: 'KST021',
    name: 'mapping-condemns-whole-batches',
    severity: 'warning',
    title: 'The mapping does not halve failing batches',
    why: 'When the function throws, one bad record sends its whole batch to the failure destination, or drops it.',
    fix: 'Set BisectBatchOnFunctionError to true.',
    source: parameters,
    ...example({ without: ['BisectBatchOnFunctionError'] }),
    check: forEachMapping((mapping, report) =>
      judge(report, mapping, at(mapping.properties, 'BisectBatchOnFunctionError'), (value) => !isTrue(value)),
    ),
  },
  {
    id: 'KST028',
    name: 'throughput-cannot-be-tuned',
    severity: 'note',
    title: 'Batch size and parallelization are fixed in a template that has parameters',
    why: 'When a reader falls behind, the template itself must be changed and released before it can catch up.',
    fix: 'Make BatchSize and ParallelizationFactor parameters.',
    source: parameters,
    ...example({
      parameters: true,
      set: { BatchSize: 100, ParallelizationFactor: 1 },
      good: { BatchSize: { Ref: 'BatchSize' }, ParallelizationFactor: { Ref: 'ParallelizationFactor' } },
    }),
    check: (project, report) => {
      if (!takesParameters(project)) return;
      for (const mapping of streamMappings(project)) {
        const fixed = ['BatchSize', 'ParallelizationFactor'].filter(
          (name) =>
            at(mapping.properties, name)?.kind === 'scalar' &&
            !project.parameterUses.has(`${mapping.id}.${name}`),
        );
        const [first] = fixed;
        if (first === undefined) continue;
        report.found(mapping, at(mapping.properties, first)?.place ?? mapping.place, fixed.join(' and '));
      }
    },
  },
  {
    id: 'KST039',
    name: 'destination-is-fifo',
    severity: 'error',
    title: 'The failure destination is a FIFO queue or topic',
    why: 'Lambda cannot deliver to it: every batch that should be set aside is dropped.',
    fix: 'Name a standard SQS queue or SNS topic, or an S3 bucket.',
    source: metrics,
    ...example({
      set: {
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:111122223333:failures.fifo' } },
      },
    }),
    check: (project, report) => {
      for (const mapping of streamMappings(project)) {
        judge(report, mapping, destinationOf(mapping), (value) => {
          if (textOf(value)?.endsWith('.fifo') === true) return true;
          const target =
            value?.kind === 'reference' ? project.resources.find(({ id }) => id === value.to) : undefined;
          return isTrue(at(target?.properties, 'FifoQueue')) || isTrue(at(target?.properties, 'FifoTopic'));
        });
      }
    },
  },
];

function forEachMapping(
  check: (mapping: TemplateResource, report: Report) => void,
): (project: Project, report: Report) => void {
  return (project, report) => {
    for (const mapping of streamMappings(project)) check(mapping, report);
  };
}

/** Whether tries or age are limited in some way it may turn out. */
function givesUp(mapping: TemplateResource): boolean {
  return ['MaximumRetryAttempts', 'MaximumRecordAgeInSeconds'].some((name) =>
    possibilities(at(mapping.properties, name)).some(
      (value) => value?.kind !== 'unknown' && !isUnlimited(value),
    ),
  );
}

function isUnlimited(value: Node | undefined): boolean {
  return value === undefined || numberOf(value) === -1;
}

function looksAtDataOnly(pattern: Node | undefined): boolean {
  if (pattern?.kind === 'members') return [...pattern.members.keys()].every((key) => key === 'data');
  const text = textOf(pattern);
  if (text === undefined) return true;
  try {
    const parsed: unknown = JSON.parse(text);
    return (
      typeof parsed === 'object' && parsed !== null && Object.keys(parsed).every((key) => key === 'data')
    );
  } catch {
    return false;
  }
}
