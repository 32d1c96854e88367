import { memberOf } from '../runtime/unknown-value.ts';
import { CborReader } from './cbor-reader.ts';
import type { BodyFormat } from './direct-calls.ts';

/**
 * AWS CBOR 1.1, which the Java SDK speaks with Kinesis: data is bytes in it, where in JSON it is base64, a third more to send and to
 * decode.
 */
export const awsCbor: BodyFormat = {
  contentType: 'application/x-amz-cbor-1.1',
  errorAsJson(body) {
    const reader = new CborReader(body);
    const error = reader.value();
    const type = memberOf(error, '__type');
    if (reader.failed || typeof type !== 'string' || type.endsWith('SerializationException'))
      return undefined;
    return JSON.stringify({
      __type: type,
      message: memberOf(error, 'message') ?? memberOf(error, 'Message'),
    });
  },
};
