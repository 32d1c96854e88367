import { PutMetricDataCommand, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly {
        readonly Name: string;
        readonly Unit: 'Count' | 'Milliseconds' | 'Bytes';
      }[];
    }[];
  };
  readonly [member: string]: unknown;
}

/**
 * Does with a line of the embedded metric format what CloudWatch Logs does: a metric for each name and set of dimensions.
 * See {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html}.
 */
export async function readEmf(client: CloudWatchClient, text: string): Promise<void> {
  const line = JSON.parse(text) as Line;
  const { Timestamp, CloudWatchMetrics } = line['_aws'];
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    const MetricData = Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        MetricName: Name,
        Unit,
        Timestamp: new Date(Timestamp),
        Values: [line[Name]].flat() as number[],
        Dimensions: names.map((name) => ({ Name: name, Value: String(line[name]) })),
      })),
    );
    await client.send(new PutMetricDataCommand({ Namespace, MetricData }));
  }
}
