import { Role, type IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import type { GroupAlarmOptions } from '../alarm/group-alarms.ts';
import { serviceResources, type ServiceOptions } from '../stack/service.ts';
import type { KinesisStream } from './kinesis-stream.ts';
import { makeResources, toToken } from './l1.ts';

/** Workers that read a stream as one group: what they need around them. */
export interface ConsumerServiceProps extends Omit<ServiceOptions, 'group' | 'fanOut'> {
  readonly stream: KinesisStream;
  /** The group, and the name of its lease table: what `createConsumer` is given. */
  readonly group: string;
  /** Reads by a fan-out consumer of its own: its name. Default: by GetRecords. */
  readonly fanOut?: string;
}

/**
 * A role that may do what our consumer does and no more, and its lease table in the layout of the KCL.
 * Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * const workers = new ConsumerService(this, 'Workers', { stream: orders, group: 'billing' });
 * new FargateTaskDefinition(this, 'Task', { taskRole: workers.role });
 * ```
 */
export class ConsumerService extends Construct {
  /** For the workers to run as. */
  readonly role: IRole;
  /** Name of its fan-out consumer. */
  readonly consumerName: string | undefined;
  /** What its alarm needs to know; undefined when its workers measure nothing. */
  readonly alarms: GroupAlarmOptions | undefined;

  constructor(scope: Construct, id: string, props: ConsumerServiceProps) {
    super(scope, id);
    const { stream, ...options } = props;
    const built = serviceResources('service', '', options, stream.reference);
    const made = makeResources(this, built.resources);
    this.role = Role.fromRoleArn(this, 'Reference', String(toToken(built.roleArn, this, made)));
    this.consumerName = props.fanOut;
    this.alarms = built.alarms;
  }
}
