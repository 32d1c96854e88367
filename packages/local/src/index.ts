export { createLocalKinesis } from './assemble.ts';
export type { Fault, FaultCall, Faults } from './api/fault.ts';
export type { FaultError, FaultRule } from './api/fault-rule.ts';
export type { ActiveFault, FaultRules } from './api/fault-rules.ts';
export type { EntryFault } from './api/operation.ts';
export type { PolicyDocument, PolicyStatement } from './api/policy/policy-document.ts';
export type { CreateStreamOptions, Engine } from './engine/engine.ts';
export type { KmsKeyState } from './engine/kms.ts';
export type { ServiceErrorType } from './engine/service-error.ts';
export { createConnectionMapping, type ConnectionMappingOptions } from './connection-mapping.ts';
export type { MappingEvent } from './event-source/mapping-event.ts';
export {
  reportLines,
  type FunctionEvent,
  type LambdaContext,
  type LambdaHandler,
} from './functions/function.ts';
export type { HandlerFile } from './functions/handler-file.ts';
export type { LocalLambda, LocalMapping, MappingOptions } from './local-lambda.ts';
export type { ClientConfig, LocalKinesis } from './local-kinesis.ts';
export type { LocalKinesisOptions, StreamOptions } from './local-kinesis-options.ts';
export type { SettledOptions } from './settled.ts';
export type { Certificate } from './server/certificate.ts';
export type { SigningKey, SigningKeys } from './wire/signature.ts';
export type { Durability } from './storage/file-heap.ts';
export { startServer, type LocalServer, type ServerOptions } from './server/server.ts';
export { keepYoungGenerationSmall } from './server/young-generation.ts';
