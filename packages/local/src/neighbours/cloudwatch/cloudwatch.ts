import type { Neighbour } from '../neighbour.ts';
import type { CloudwatchOptions, CloudwatchService } from './cloudwatch-service.ts';

/**
 * CloudWatch in memory, in all three protocols its clients speak: metrics by the minute with percentiles, metric math
 * and metric alarms. What it lacks it names: trimmed means, anomaly detection, composite alarms, dashboards, SEARCH.
 * Loaded with the first request to it.
 */
export function createCloudwatch(options: CloudwatchOptions): Neighbour {
  let service: Promise<CloudwatchService> | undefined;
  return {
    targets: ['GraniteServiceVersion20100801'],
    accepts: ({ path, headers, body }) =>
      path.startsWith('/service/GraniteServiceVersion20100801/') ||
      (isForm(headers['content-type']) && isOfCloudwatch(body)),
    async answer(request) {
      service ??= load(options);
      return (await service).answer(request);
    },
    async close() {
      const loaded = await service;
      loaded?.close();
    },
  };
}

async function load(options: CloudwatchOptions): Promise<CloudwatchService> {
  const { createCloudwatchService } = await import('./cloudwatch-service.ts');
  return createCloudwatchService(options);
}

function isForm(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/x-www-form-urlencoded') === true;
}

/** Every AWS service of the query protocol names its version; this one is CloudWatch's alone. */
function isOfCloudwatch(body: string | Uint8Array): boolean {
  return Buffer.from(body).includes('Version=2010-08-01');
}
