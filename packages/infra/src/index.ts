export {
  alarmProperties,
  putMetricAlarmInput,
  type Alarm,
  type Metric,
  type MissingData,
  type Watched,
} from './alarm/alarm.ts';
export { processorAlarms, type ProcessorAlarmOptions } from './alarm/processor-alarms.ts';
export { streamAlarms, type StreamAlarmOptions } from './alarm/stream-alarms.ts';
export type { Expression, Numeric, PseudoParameter, Text, Value } from './template/value.ts';
