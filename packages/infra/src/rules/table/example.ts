import type { Rule } from '../rule.ts';

type Properties = Readonly<Record<string, unknown>>;

/** A mapping that has no trap in it. */
const sound: Properties = {
  EventSourceArn: 'arn:aws:kinesis:us-east-1:111122223333:stream/orders',
  FunctionName: 'billing',
  StartingPosition: 'TRIM_HORIZON',
  BisectBatchOnFunctionError: true,
  MaximumRetryAttempts: 10,
  MaximumRecordAgeInSeconds: 43_200,
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  MetricsConfig: { Metrics: ['EventCount'] },
  DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:111122223333:failures' } },
};

/** The pair of examples for a rule on mappings: a sound one, with something left out or set wrong, and put right. */
export function example(change: {
  readonly without?: readonly string[];
  /** Of those left out, what is put back to make it right; default all. */
  readonly only?: string;
  readonly set?: Properties;
  readonly good?: Properties;
  readonly parameters?: boolean;
}): Pick<Rule, 'bad' | 'good'> {
  const { without = [], only, set = {}, good = {} } = change;
  const left = Object.entries(sound).filter(([name]) => !without.includes(name));
  const kept = Object.entries(sound).filter(
    ([name]) => only === undefined || name === only || !without.includes(name),
  );
  const wrap = (properties: Properties): string =>
    `${change.parameters === true ? parametersText : ''}Resources:
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
${lines(properties)}`;
  return {
    bad: wrap({ ...Object.fromEntries(left), ...set }),
    good: wrap({ ...Object.fromEntries(kept), ...good }),
  };
}

const parametersText = `Parameters:
  BatchSize: { Type: Number, Default: 100, MinValue: 1, MaxValue: 10000 }
  ParallelizationFactor: { Type: Number, Default: 1, MinValue: 1, MaxValue: 10 }
`;

/** YAML takes JSON for a value. */
function lines(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `      ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
    .join('');
}
