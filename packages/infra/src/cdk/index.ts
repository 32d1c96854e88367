export { ConsumerService, type ConsumerServiceProps } from './consumer-service.ts';
export { KinesisStream, type KinesisStreamProps } from './kinesis-stream.ts';
export { LambdaProcessor, type LambdaProcessorProps } from './lambda-processor.ts';
export { StreamAlarms, type StreamAlarmsProps } from './stream-alarms.ts';
export { StreamDashboard, type StreamDashboardProps } from './stream-dashboard.ts';
