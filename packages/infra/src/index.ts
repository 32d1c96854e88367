export {
  alarmProperties,
  putMetricAlarmInput,
  type Alarm,
  type Metric,
  type MissingData,
  type Watched,
} from './alarm/alarm.ts';
export { groupAlarms, type GroupAlarmOptions } from './alarm/group-alarms.ts';
export { processorAlarms, type ProcessorAlarmOptions } from './alarm/processor-alarms.ts';
export { streamAlarms, type StreamAlarmOptions } from './alarm/stream-alarms.ts';
export { policySource } from './cdk-source/policy-source.ts';
export { stackSource } from './cdk-source/stack-source.ts';
export type { Json } from './cloudformation/intrinsics.ts';
export { cloudFormationTemplate } from './cloudformation/template.ts';
export { cloudFormationYaml } from './cloudformation/yaml.ts';
export { dashboardBody, type DashboardOptions } from './dashboard/dashboard.ts';
export { grafanaDashboard, type GrafanaPanel } from './dashboard/grafana.ts';
export { classicKinds, classicStack, type ClassicKind } from './stack/classic.ts';
export type { Failures } from './stack/failures.ts';
export type { MappingOptions, MappingPermissions } from './stack/mapping.ts';
export type { NotifyOptions } from './stack/notify.ts';
export { functionNameOf, type FunctionOptions, type ProcessorOptions } from './stack/processor.ts';
export type { ServiceOptions } from './stack/service.ts';
export { createStack, type StackOptions } from './stack/stack.ts';
export type { ShardMetric, StreamOptions } from './stack/stream.ts';
export type { Output, Parameter, Resource, ResourceType, Template } from './template/template.ts';
export type { Expression, Numeric, PseudoParameter, Text, Value } from './template/value.ts';
export { terraformPolicy } from './terraform/policy.ts';
export { terraformModule, type TerraformModule } from './terraform/module.ts';
