import { isDroppedConnection } from '../api/dropped-connection.ts';
import type { Operation } from '../api/operation.ts';
import { getStoredRecords } from '../api/operations/get-records.ts';
import type { Service } from '../api/service.ts';
import { subscribeEncoded } from '../api/operations/subscribe-to-shard.ts';
import { ServiceError } from '../engine/service-error.ts';
import { authorize, type AuthorizationRules } from './authorization.ts';
import { decodeCbor, encodeCbor, encodeCborError } from './cbor.ts';
import { encodeCborRecords } from './cbor-records.ts';
import { EventStreamBody, eventStreamContentType, type EventFormat } from './event-stream.ts';
import type { WireRequest, WireResponse } from './message.ts';

export const cborContentType = 'application/x-amz-cbor-1.1';

/** Answers one request in AWS CBOR 1.1, with the checks of the JSON wire in the same order. Never rejects. */
export async function answerCbor(
  service: Service,
  request: WireRequest,
  rules: AuthorizationRules,
  operation: string | undefined,
): Promise<WireResponse> {
  try {
    if (request.body.length === 0) {
      throw new ServiceError(
        operation === undefined ? 'UnknownOperationException' : 'SerializationException',
      );
    }
    const { body } = request;
    const input = decodeCbor(typeof body === 'string' ? Buffer.from(body) : body);
    if (operation === undefined) throw new ServiceError('UnknownOperationException');
    authorize(request, rules);
    if (operation === 'SubscribeToShard') {
      const { EventStream } = await service.run(operation, encodedEvents, input);
      return {
        status: 200,
        headers: { 'content-type': eventStreamContentType },
        body: new EventStreamBody(EventStream, cborEvents),
      };
    }
    if (operation === 'GetRecords') return succeeded(await service.run(operation, encodedRecords, input));
    return succeeded(encodeCbor(await service.call(operation, input)));
  } catch (error) {
    return failed(error);
  }
}

const encodedRecords: Operation<Buffer> = (context, input) =>
  encodeCborRecords(getStoredRecords(context, input));
const encodedEvents = subscribeEncoded(encodeCborRecords);

const cborEvents: EventFormat = {
  contentType: cborContentType,
  nothing: encodeCbor({}),
  encodeMessage: (message) => encodeCbor({ message }),
};

function succeeded(body: Uint8Array): WireResponse {
  return { status: 200, headers: { 'content-type': cborContentType }, body };
}

function failed(error: unknown): WireResponse {
  if (isDroppedConnection(error)) return { status: 500, headers: {}, body: '', dropped: true };
  const { status, body } = encodeCborError(error);
  return { status, headers: { 'content-type': cborContentType }, body };
}
