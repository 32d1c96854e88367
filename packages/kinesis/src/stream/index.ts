export { gzip, type GzipOptions } from './gzip.ts';
export type { InputOf, OutputOf, SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';
export {
  defineStream,
  rawStream,
  type AutoStreamOptions,
  type Distribution,
  type StreamDefinition,
  type StreamOptions,
} from './stream.ts';
export { bytes, json, text, type ValueCodec } from './value-codec.ts';
export { avroCodec, protobufCodec, type AvroType, type ProtobufType } from './typed-codec.ts';
