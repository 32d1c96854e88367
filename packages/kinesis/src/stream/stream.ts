import { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { optionError } from '../runtime/options.ts';
import type { InputOf, OutputOf, SchemaIssue, StandardSchema } from './standard-schema.ts';
import { json, type ValueCodec } from './value-codec.ts';

/** One stream and the type of what flows in it; shared by every program that touches the stream. */
export interface StreamDefinition<In, Out = In> {
  readonly name: string;
  /** The record a value is put as. Throws (or rejects with) `VALUE_INVALID` when the value does not fit the schema. */
  readonly encode: (value: In) => OutgoingRecord | Promise<OutgoingRecord>;
  /** The value a record holds. Throws (or rejects with) `VALUE_INVALID`. */
  readonly decode: (bytes: Uint8Array) => Out | Promise<Out>;
}

export interface StreamOptions<In> {
  /** The stream's name, 1 to 128 of `a-zA-Z0-9_.-`. */
  readonly name: string;
  /** The partition key: records of one key stay in order and share a shard. */
  readonly key: (value: In) => string;
  /** The place in the hash space, decimal, when the partition key's hash should not decide. Default: none. */
  readonly explicitHashKey?: (value: In) => string | undefined;
  /** How values become bytes. Default {@link json}. */
  readonly codec?: ValueCodec<In>;
}

/**
 * Defines a stream once for producers, consumers and handlers.
 *
 * With a `schema` (any Standard Schema library) values are checked on the way in and on the way out; what travels is
 * the value as it was put. Throws `OPTION_INVALID` for a name the service would refuse.
 *
 * @example
 * ```ts
 * const orders = defineStream({
 *   name: 'orders',
 *   schema: z.object({ id: z.string(), customer: z.string(), total: z.number() }),
 *   key: (order) => order.customer,
 * });
 * ```
 */
export function defineStream<S extends StandardSchema>(
  options: StreamOptions<InputOf<S>> & { readonly schema: S },
): StreamDefinition<InputOf<S>, OutputOf<S>>;
export function defineStream<T>(options: StreamOptions<T>): StreamDefinition<T>;
export function defineStream<In>(
  options: StreamOptions<In> & { readonly schema?: StandardSchema },
): StreamDefinition<In, unknown> {
  const { key, explicitHashKey, schema } = options;
  const codec: ValueCodec<In> | ValueCodec<unknown> = options.codec ?? json;
  const name = checkName(options.name);
  const pack = (value: In): OutgoingRecord => {
    const hashKey = explicitHashKey?.(value);
    const record = { partitionKey: key(value), data: codec.encode(value) };
    return hashKey === undefined ? record : { ...record, explicitHashKey: hashKey };
  };
  if (schema === undefined) return { name, encode: pack, decode: (data) => codec.decode(data) };
  return {
    name,
    encode: (value) => chain(validate(schema, name, value), () => pack(value)),
    decode: (data) => validate(schema, name, codec.decode(data)),
  };
}

/**
 * A stream of raw records: the caller gives partition keys and bytes, and gets bytes.
 *
 * @example
 * ```ts
 * const producer = createProducer(rawStream('clicks'), connect());
 * await producer.put({ partitionKey: 'ada', data: new TextEncoder().encode('hello') });
 * ```
 */
export function rawStream(name: string): StreamDefinition<OutgoingRecord, Uint8Array> {
  return { name: checkName(name), encode: (record) => record, decode: (data) => data };
}

function checkName(name: string): string {
  if (/^[a-zA-Z0-9_.-]{1,128}$/.test(name)) return name;
  throw optionError('stream.name', name, '1 to 128 letters, digits, dots, hyphens and underscores');
}

function validate(schema: StandardSchema, stream: string, value: unknown): unknown {
  return chain(schema['~standard'].validate(value), (result) => {
    if (result.issues === undefined) return result.value;
    throw new MillraceError(
      'VALUE_INVALID',
      `The value does not fit the schema of ${stream}: ${tell(result.issues)}.`,
      {
        advice: 'Mend the value, or the schema if the value is right.',
        stream,
        path: 'value',
      },
    );
  });
}

function tell(issues: readonly SchemaIssue[]): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => {
      const place = path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
      return place ? `${place}: ${message}` : message;
    })
    .join('; ');
}

/** Goes on at once when it can: a synchronous schema must not cost a promise per record. */
function chain<A, B>(value: A | Promise<A>, step: (value: A) => B): B | Promise<B> {
  return value instanceof Promise ? value.then(step) : step(value);
}
