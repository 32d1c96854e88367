import { isDroppedConnection } from '../api/dropped-connection.ts';
import type { Operation } from '../api/operation.ts';
import { getStoredRecords } from '../api/operations/get-records.ts';
import { storeRecords } from '../api/operations/put-records.ts';
import { subscribeEncoded } from '../api/operations/subscribe-to-shard.ts';
import type { Service } from '../api/service.ts';
import { ServiceError } from '../engine/service-error.ts';
import { authorize, type AuthorizationRules } from './authorization.ts';
import type { BufferPool } from './buffer-pool.ts';
import { encodePutRecords, encodeRecords } from './stored-records.ts';
import { scanPutRecords } from './scan-put-records.ts';
import { decodeJson, encodeJson, encodeJsonError, jsonContentType } from './json.ts';
import type { WireRequest, WireResponse } from './message.ts';

/** The prefix of `X-Amz-Target`. */
export const kinesisTarget = 'Kinesis_20131202';

/**
 * Answers one request in AWS JSON 1.1. Checks in the service's order: method, body, target, signature, then the
 * operation's own. Never throws.
 */
export function answerKinesis(
  service: Service,
  request: WireRequest,
  rules: AuthorizationRules,
): WireResponse | Promise<WireResponse> {
  try {
    const contentType = contentTypeOf(request);
    const refusal = refuse(request, contentType);
    if (refusal !== undefined) return refusal;
    if (contentType !== jsonContentType) return answerInCbor(service, request, rules);
    const operation = operationOf(request);
    const input = decode(service, operation, request.body);
    if (operation === undefined) throw new ServiceError('UnknownOperationException');
    authorize(request, rules);
    if (operation === 'SubscribeToShard') return subscribe(service, input);
    const body = perform(service, operation, input, request.buffers);
    return body instanceof Promise ? body.then(succeeded, failed) : succeeded(body);
  } catch (error) {
    return failed(error);
  }
}

/** Those the service's front answers in XML, before it knows what is asked. */
function refuse(request: WireRequest, contentType: string | undefined): WireResponse | undefined {
  if (request.method !== 'POST') return accessDenied();
  if (contentType === jsonContentType) {
    if (request.body.length > 0) return undefined;
    throw new ServiceError(
      operationOf(request) === undefined ? 'UnknownOperationException' : 'SerializationException',
    );
  }
  if (contentType === 'application/x-amz-cbor-1.1') return undefined;
  if (operationOf(request) === undefined) return accessDenied();
  return { status: 404, headers: {}, body: '<UnknownOperationException/>\n' };
}

function contentTypeOf(request: WireRequest): string | undefined {
  const header = request.headers['content-type'] ?? '';
  return header === jsonContentType ? header : header.split(';')[0]?.trim();
}

/** Loaded when the first client speaks it: most never do. */
async function answerInCbor(
  service: Service,
  request: WireRequest,
  rules: AuthorizationRules,
): Promise<WireResponse> {
  const { answerCbor } = await import('./cbor-wire.ts');
  return answerCbor(service, request, rules, operationOf(request));
}

async function subscribe(service: Service, input: unknown): Promise<WireResponse> {
  try {
    const { EventStream } = await service.run('SubscribeToShard', encodedEvents, input);
    const [{ EventStreamBody, eventStreamContentType }, { jsonEvents }] = await Promise.all([
      import('./event-stream.ts'),
      import('./json-events.ts'),
    ]);
    return {
      status: 200,
      headers: { 'content-type': eventStreamContentType },
      body: new EventStreamBody(EventStream, jsonEvents),
    };
  } catch (error) {
    return failed(error);
  }
}

function accessDenied(): WireResponse {
  return {
    status: 403,
    headers: {},
    body:
      '<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n' +
      '</AccessDeniedException>\n',
  };
}

function operationOf(request: WireRequest): string | undefined {
  const [target, operation] = (request.headers['x-amz-target'] ?? '').split('.');
  return target === kinesisTarget && operation ? operation : undefined;
}

function decode(service: Service, operation: string | undefined, body: string | Uint8Array): unknown {
  const scanned =
    operation === 'PutRecords' && body instanceof Uint8Array
      ? scanPutRecords(Buffer.from(body.buffer, body.byteOffset, body.byteLength), service.keys)
      : undefined;
  return scanned ?? decodeJson(body.length === 0 ? '' : body);
}

/** The two that carry records are encoded within the operation: what they refer to is theirs for so long only. */
function perform(
  service: Service,
  operation: string,
  input: unknown,
  buffers: BufferPool | undefined,
): Body | Promise<Body> {
  if (operation === 'PutRecords') {
    const put: Operation<Buffer> = (context, given) =>
      encodePutRecords(storeRecords(context, given), buffers);
    return service.run(operation, put, input);
  }
  if (operation === 'GetRecords') return service.run(operation, encodedRecords, input);
  // At once unless it is delayed: a turn of the event loop for each call would cost more than the call.
  const output = service.call(operation, input);
  return output instanceof Promise ? output.then(encodeJson) : encodeJson(output);
}

const encodedRecords: Operation<Buffer> = (context, input) => encodeRecords(getStoredRecords(context, input));
const encodedEvents = subscribeEncoded(encodeRecords);

type Body = string | Uint8Array;

function succeeded(body: Body): WireResponse {
  return { status: 200, headers: { 'content-type': jsonContentType }, body };
}

/** The answer for an error, whatever it is. */
export function failed(error: unknown): WireResponse {
  if (isDroppedConnection(error)) return { status: 500, headers: {}, body: '', dropped: true };
  const { status, body } = encodeJsonError(error);
  return { status, headers: { 'content-type': jsonContentType }, body };
}
