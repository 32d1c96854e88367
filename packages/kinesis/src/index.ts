export type { Connection } from './connection.ts';
export { isMillraceError, MillraceError, type ErrorCode, type ErrorDetails } from './errors.ts';
export type { StreamRecord } from './record/index.ts';
export {
  decodeLostRecord,
  lostToFile,
  lostToStream,
  type LostDocument,
  type LostPosition,
  type LostRecord,
  type LostRecordSink,
  type LostRecordStream,
  type StreamSinkOptions,
} from './sink/index.ts';
export {
  avroCodec,
  bytes,
  defineStream,
  gzip,
  json,
  protobufCodec,
  rawStream,
  text,
  type AutoStreamOptions,
  type AvroType,
  type Distribution,
  type GzipOptions,
  type InputOf,
  type ProtobufType,
  type OutputOf,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
  type StreamDefinition,
  type StreamOptions,
  type ValueCodec,
} from './stream/index.ts';
export {
  createConsumer,
  deadLetter,
  parkTheKey,
  type Consumer,
  type ConsumerOptions,
} from './consumer/index.ts';
export { createProducer, type Producer, type ProducerOptions, type Receipt } from './producer/index.ts';
