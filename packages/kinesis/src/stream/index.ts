export type { InputOf, OutputOf, SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';
export { defineStream, rawStream, type StreamDefinition, type StreamOptions } from './stream.ts';
export { bytes, json, text, type ValueCodec } from './value-codec.ts';
