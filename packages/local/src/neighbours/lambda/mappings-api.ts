import { describeMapping, listMapping } from '../../event-source/describe-mapping.ts';
import { LambdaError } from '../../event-source/lambda-error.ts';
import type { Mappings } from '../../event-source/mappings.ts';
import type { WireResponse } from '../../wire/message.ts';
import { json, jsonBody, type LambdaRequest } from './lambda-wire.ts';
import { pageOf } from './page.ts';

/** Create, Get, List, Update and DeleteEventSourceMapping. Throws `LambdaError`. */
export function answerMappings(mappings: Mappings, request: LambdaRequest): WireResponse {
  const [, uuid, ...rest] = request.path;
  const { method, query } = request;
  if (rest.length === 0 && uuid === undefined) {
    if (method === 'POST') return json(202, describeMapping(mappings.create(jsonBody(request))));
    if (method === 'GET') {
      const found = mappings.list({
        EventSourceArn: query.get('EventSourceArn'),
        FunctionName: query.get('FunctionName'),
      });
      const { items, next } = pageOf(found, query, 100);
      return json(200, { EventSourceMappings: items.map(listMapping), ...next });
    }
  } else if (rest.length === 0 && uuid !== undefined) {
    if (method === 'GET') return json(200, describeMapping(mappings.get(uuid)));
    if (method === 'PUT') return json(202, describeMapping(mappings.update(uuid, jsonBody(request))));
    if (method === 'DELETE') return json(202, describeMapping(mappings.delete(uuid)));
  }
  throw new LambdaError(
    'UnknownOperationException',
    `${method} is not answered at ${request.path.join('/')}.`,
  );
}
