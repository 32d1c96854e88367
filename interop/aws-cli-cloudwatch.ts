import assert from 'node:assert/strict';

import type { Client } from './client.ts';
import { preparePython, runPython } from './python-env.ts';

/** The AWS CLI speaks CloudWatch's query protocol: it puts, lists and reads metrics, and is told what is wrong. */
export const awsCliCloudwatch: Client = {
  name: 'aws-cli-cloudwatch',
  prepare: preparePython,
  async run({ endpoint }) {
    const aws = async (...args: readonly string[]): Promise<unknown> => {
      const out = await runPython('aws', ['cloudwatch', ...args, '--output', 'json'], endpoint);
      return out.trim() === '' ? undefined : JSON.parse(out);
    };
    const data = 'MetricName=Lag & <Co>,Unit=Seconds,Value=4,Dimensions=[{Name=Group,Value=é}]';
    await aws('put-metric-data', '--namespace', 'App', '--metric-data', data);
    assert.deepEqual(await aws('list-metrics', '--namespace', 'App'), {
      Metrics: [{ Namespace: 'App', MetricName: 'Lag & <Co>', Dimensions: [{ Name: 'Group', Value: 'é' }] }],
    });

    const now = Date.now();
    const read = (await aws(
      'get-metric-statistics',
      '--namespace=App',
      '--metric-name=Lag & <Co>',
      '--dimensions=Name=Group,Value=é',
      '--period=60',
      '--statistics=Sum',
      `--start-time=${new Date(now - 600_000).toISOString()}`,
      `--end-time=${new Date(now + 600_000).toISOString()}`,
    )) as { readonly Datapoints: readonly { readonly Sum: number; readonly Unit: string }[] };
    assert.deepEqual(
      read.Datapoints.map(({ Sum, Unit }) => [Sum, Unit]),
      [[4, 'Seconds']],
    );

    await assert.rejects(
      aws('put-metric-data', '--namespace', 'AWS/X', '--metric-data', 'MetricName=m,Value=1'),
      /\(InvalidParameterValue\)/,
    );
  },
};
