import { alarmProperties, type Alarm } from '../alarm/alarm.ts';
import { dashboardBody, type DashboardOptions } from '../dashboard/dashboard.ts';
import type { Resource } from '../template/template.ts';
import { jsonText, text, type Text } from '../template/value.ts';
import type { StreamReference } from './stream.ts';

/** An alarm as a resource; its name begins with the stream's. */
export function alarmResource(alarm: Alarm, actions: readonly Text[], streamName: Text): Resource {
  return {
    id: `${alarm.id}Alarm`,
    type: 'AWS::CloudWatch::Alarm',
    name: text`${streamName}-${alarm.id}`,
    properties: alarmProperties(alarm, actions),
  };
}

/** A dashboard as a resource. */
export function dashboardResource(
  options: DashboardOptions,
  { name }: Pick<StreamReference, 'name'>,
): Resource {
  return {
    id: 'Dashboard',
    type: 'AWS::CloudWatch::Dashboard',
    name: text`${name}-stream`,
    properties: { DashboardBody: jsonText(dashboardBody(options)) },
  };
}
