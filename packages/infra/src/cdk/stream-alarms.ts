import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import type { Alarm } from '../alarm/alarm.ts';
import { groupAlarms } from '../alarm/group-alarms.ts';
import { processorAlarms } from '../alarm/processor-alarms.ts';
import { streamAlarms } from '../alarm/stream-alarms.ts';
import { alarmResource } from '../stack/alarm-resource.ts';
import { notifyResources, type NotifyOptions } from '../stack/notify.ts';
import type { ConsumerService } from './consumer-service.ts';
import type { KinesisStream } from './kinesis-stream.ts';
import { makeResources } from './l1.ts';
import type { LambdaProcessor } from './lambda-processor.ts';
import { watch } from './watch.ts';

export interface StreamAlarmsProps extends Omit<NotifyOptions, 'topicArn'> {
  readonly stream: KinesisStream;
  readonly processors?: readonly LambdaProcessor[];
  readonly services?: readonly ConsumerService[];
  /** A topic that is there already; or `email`. */
  readonly topic?: ITopic;
  /** How late a reader may be, milliseconds. Default 60,000. */
  readonly maxLagMilliseconds?: number;
  /** Whether a silent producer is an alarm, too. Default false. */
  readonly expectsTraffic?: boolean;
}

/**
 * The alarms a stream and its readers should have, and somebody who is told. Throws `OPTION_INVALID` when nobody is,
 * unless that is meant.
 *
 * @example
 * ```ts
 * new StreamAlarms(this, 'Alarms', { stream: orders, processors: [billing], email: 'ops@example.com' });
 * ```
 */
export class StreamAlarms extends Construct {
  /** What was made, as data. */
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: StreamAlarmsProps) {
    super(scope, id);
    const { stream, processors = [], services = [], topic, email, unsafe, maxLagMilliseconds } = props;
    const { resources, actions } = notifyResources({
      ...(topic !== undefined && { topicArn: topic.topicArn }),
      ...(email !== undefined && { email }),
      ...(unsafe !== undefined && { unsafe }),
    });
    const late = maxLagMilliseconds === undefined ? {} : { maxLagMilliseconds };
    this.alarms = [
      ...streamAlarms({ ...watch(props), expectsTraffic: props.expectsTraffic ?? false }),
      ...processors.flatMap(({ node, alarms }) =>
        processorAlarms({ ...alarms, ...late }).map((alarm) =>
          processors.length === 1 ? alarm : { ...alarm, id: `${node.id}${alarm.id}` },
        ),
      ),
      ...services.flatMap(({ node, alarms }) =>
        alarms === undefined
          ? []
          : groupAlarms({ ...alarms, ...late }).map((alarm) =>
              services.length === 1 ? alarm : { ...alarm, id: `${node.id}${alarm.id}` },
            ),
      ),
    ];
    makeResources(this, [
      ...resources,
      ...this.alarms.map((alarm) => alarmResource(alarm, actions, stream.reference.name)),
    ]);
  }
}
