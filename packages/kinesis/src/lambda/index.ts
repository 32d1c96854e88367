export { deadLetter, type DeadLetterPolicy } from '../process/failure-policy.ts';
export { createBatchHandler, type BatchContext } from './batch-handler.ts';
export type { CompletedStore } from './completed-records.ts';
export type {
  BatchResponse,
  KinesisEvent,
  KinesisEventRecord,
  KinesisHandler,
  KinesisWindowEvent,
  KinesisWindowHandler,
  LambdaContext,
  WindowResponse,
} from './event.ts';
export { createHandler } from './handler.ts';
export type { InvocationContext } from './invocation-context.ts';
export type { BatchHandlerOptions, CommonHandlerOptions, HandlerLogger, HandlerOptions } from './options.ts';
export { isPermanent, permanent } from './permanent.ts';
export { createWindowHandler, type WindowContext, type WindowSteps } from './window-handler.ts';
export { streamOfArn } from './record-cursor.ts';
