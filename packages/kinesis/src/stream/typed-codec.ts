import { MillraceError } from '../errors.ts';
import type { ValueCodec } from './value-codec.ts';

/** The part of an `avsc` type that is used. */
export interface AvroType<T> {
  toBuffer(value: T): Uint8Array;
  fromBuffer(bytes: Uint8Array): T;
}

/**
 * Avro values, without a header: both ends must know the schema. `avsc` is not a dependency; the caller brings the type.
 * Throws `VALUE_INVALID` for values and bytes that do not fit it.
 *
 * @example
 * ```ts
 * const type = avro.Type.forSchema({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }] });
 * const orders = defineStream<Order>({ name: 'orders', key: (order) => order.id, codec: avroCodec(type) });
 * ```
 */
export function avroCodec<T>(type: AvroType<T>): ValueCodec<T> {
  return fitting('avro', {
    encode: (value) => type.toBuffer(value),
    decode: (bytes) => type.fromBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  });
}

/** The two functions a generated Protobuf message comes with, whatever generated it. */
export interface ProtobufType<T> {
  readonly toBinary: (value: T) => Uint8Array;
  readonly fromBinary: (bytes: Uint8Array) => T;
}

/**
 * Protobuf messages. No library is a dependency; the caller brings the two functions. Throws `VALUE_INVALID`.
 *
 * @example
 * ```ts
 * import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
 * const codec = protobufCodec({
 *   toBinary: (order: Order) => toBinary(OrderSchema, order),
 *   fromBinary: (bytes) => fromBinary(OrderSchema, bytes),
 * });
 * ```
 */
export function protobufCodec<T>(type: ProtobufType<T>): ValueCodec<T> {
  return fitting('protobuf', { encode: type.toBinary, decode: type.fromBinary });
}

function fitting<T>(name: string, codec: Pick<ValueCodec<T>, 'encode' | 'decode'>): ValueCodec<T> {
  const attempt = <R>(problem: string, run: () => R): R => {
    try {
      return run();
    } catch (cause) {
      throw new MillraceError('VALUE_INVALID', `The value ${problem} ${name} type.`, {
        advice: 'Check that producer and consumer use the same schema.',
        path: 'value',
        cause,
      });
    }
  };
  return {
    name,
    encode: (value) => attempt('does not fit the', () => codec.encode(value)),
    decode: (bytes) => attempt('cannot be read as the', () => codec.decode(bytes)),
  };
}
