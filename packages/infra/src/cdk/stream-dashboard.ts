import { Construct } from 'constructs';

import { dashboardResource } from '../stack/alarm-resource.ts';
import type { ConsumerService } from './consumer-service.ts';
import type { KinesisStream } from './kinesis-stream.ts';
import { makeResources } from './l1.ts';
import type { LambdaProcessor } from './lambda-processor.ts';
import { watch } from './watch.ts';

export interface StreamDashboardProps {
  readonly stream: KinesisStream;
  readonly processors?: readonly LambdaProcessor[];
  readonly services?: readonly ConsumerService[];
  /** Drawn as a line, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: number;
}

/**
 * A CloudWatch dashboard in rows: writing, reading, each processor, what was set aside.
 *
 * @example
 * ```ts
 * new StreamDashboard(this, 'Dashboard', { stream: orders, processors: [billing] });
 * ```
 */
export class StreamDashboard extends Construct {
  constructor(scope: Construct, id: string, props: StreamDashboardProps) {
    super(scope, id);
    makeResources(this, [dashboardResource(watch(props), props.stream.reference)]);
  }
}
