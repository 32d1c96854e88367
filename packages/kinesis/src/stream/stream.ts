import { isMillraceError, MillraceError } from '../errors.ts';
import { NO_PARTITION_KEY } from '../record/partition-key.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { choiceOption, optionError } from '../runtime/options.ts';
import { isThenable } from '../runtime/thenable.ts';
import type { InputOf, OutputOf, SchemaIssue, StandardSchema } from './standard-schema.ts';
import { json, type ValueCodec } from './value-codec.ts';

/**
 * Who decides which shard a record goes to: its partition key, or, in an on-demand stream whose record distribution
 * strategy is AUTO, the service, evenly. Then records have no key and no order.
 * See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html}.
 */
export type Distribution = 'key' | 'auto';

/** One stream and the type of what flows in it; shared by every program that touches the stream. */
export interface StreamDefinition<In, Out = In, D extends Distribution = Distribution> {
  readonly name: string;
  /** Default `'key'`. */
  readonly distribution?: D;
  /** The record a value is put as. Throws (or rejects with) `VALUE_INVALID` when the value does not fit the schema, or has no key. */
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
  /** How values become bytes; one of any value, such as {@link json}, is believed to give them back as they were. Default {@link json}. */
  readonly codec?: ValueCodec<In> | ValueCodec<unknown>;
  readonly distribution?: 'key';
}

/** A stream that distributes its records itself: there is no key to give. */
export interface AutoStreamOptions<In> extends Pick<StreamOptions<In>, 'name' | 'codec'> {
  readonly distribution: 'auto';
  readonly key?: never;
  readonly explicitHashKey?: never;
}

/**
 * Defines a stream once for producers, consumers and handlers.
 *
 * With a `schema` (any Standard Schema library) values are checked on the way in and on the way out; what travels is
 * the value as it was put. With `distribution: 'auto'` there is no key. Throws `OPTION_INVALID` for a name the service
 * would refuse.
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
): StreamDefinition<InputOf<S>, OutputOf<S>, 'key'>;
export function defineStream<S extends StandardSchema>(
  options: AutoStreamOptions<InputOf<S>> & { readonly schema: S },
): StreamDefinition<InputOf<S>, OutputOf<S>, 'auto'>;
export function defineStream<T>(options: StreamOptions<T>): StreamDefinition<T, T, 'key'>;
export function defineStream<T>(options: AutoStreamOptions<T>): StreamDefinition<T, T, 'auto'>;
export function defineStream<In>(
  options: (StreamOptions<In> | AutoStreamOptions<In>) & { readonly schema?: StandardSchema },
): StreamDefinition<In, unknown> {
  const { explicitHashKey, schema } = options;
  const distribution = choiceOption('stream.distribution', options.distribution ?? 'key', ['key', 'auto']);
  const key = keyOf(options);
  const codec: ValueCodec<In> | ValueCodec<unknown> = options.codec ?? json;
  const name = checkName(options.name);
  const pack = (value: In): OutgoingRecord => {
    const hashKey = explicitHashKey?.(value);
    const record = { partitionKey: key(value), data: codec.encode(value) };
    return hashKey === undefined ? record : { ...record, explicitHashKey: hashKey };
  };
  const encode = (value: In): OutgoingRecord | Promise<OutgoingRecord> =>
    schema === undefined ? pack(value) : chain(validate(schema, name, value), () => pack(value));
  return {
    name,
    distribution,
    encode(value) {
      try {
        const record = encode(value);
        return record instanceof Promise ? record.catch((cause: unknown) => fail(name, cause)) : record;
      } catch (cause) {
        return fail(name, cause);
      }
    },
    decode: (data) =>
      schema === undefined ? codec.decode(data) : validate(schema, name, codec.decode(data)),
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
export function rawStream(name: string): StreamDefinition<OutgoingRecord, Uint8Array, 'key'>;
export function rawStream(
  name: string,
  options: { readonly distribution: 'auto' },
): StreamDefinition<Pick<OutgoingRecord, 'data'>, Uint8Array, 'auto'>;
export function rawStream(
  name: string,
  options: { readonly distribution?: Distribution } = {},
): StreamDefinition<OutgoingRecord, Uint8Array> {
  const distribution = choiceOption('stream.distribution', options.distribution ?? 'key', ['key', 'auto']);
  return {
    name: checkName(name),
    distribution,
    encode: distribution === 'auto' ? withoutKey : (record) => record,
    decode: (data) => data,
  };
}

function withoutKey({ data }: OutgoingRecord): OutgoingRecord {
  return { partitionKey: NO_PARTITION_KEY, data };
}

function keyOf<In>({ distribution, key }: StreamOptions<In> | AutoStreamOptions<In>): (value: In) => string {
  if (distribution === 'auto') {
    if (key === undefined) return () => NO_PARTITION_KEY;
    throw optionError('stream.key', key, "none: with distribution 'auto' records have no key");
  }
  if (typeof key === 'function') return key;
  throw optionError(
    'stream.key',
    key,
    "a function from the value to its partition key, or distribution: 'auto'",
  );
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
function chain<A, B>(value: A | PromiseLike<A>, step: (value: A) => B): B | Promise<B> {
  return isThenable(value) ? Promise.resolve(value).then(step) : step(value);
}

/** A key function, codec or schema may throw whatever it likes. */
function fail(stream: string, cause: unknown): never {
  if (isMillraceError(cause)) throw cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new MillraceError('VALUE_INVALID', `No record of ${stream} can be made of the value: ${reason}.`, {
    advice: 'Mend the value, or the key, codec or schema of the stream, whichever threw (see the cause).',
    stream,
    path: 'value',
    cause,
  });
}
