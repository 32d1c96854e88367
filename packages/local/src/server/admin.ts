import { isMillraceError } from '@millrace/kinesis/errors';

import type { ActiveFault, FaultRules } from '../api/fault-rules.ts';
import type { WireRequest, WireResponse } from '../wire/message.ts';

/** Where the server itself is spoken to, not the service it plays. */
export const adminPath = '/_millrace/';

/**
 * Sets and lifts faults at run time: `POST /_millrace/faults` with a rule as JSON, `GET` for those in force,
 * `DELETE /_millrace/faults` and `…/faults/ID`. Only from this machine, and not from a web page: a page can send a
 * request here, but neither without an Origin nor as JSON unless asked first, and asking is not answered.
 */
export function answerAdmin(rules: FaultRules, request: WireRequest): WireResponse {
  if (request.fromLoopback === false || request.headers['origin'] !== undefined) {
    return refusal(
      403,
      'ACCESS_DENIED',
      'Faults are set from the machine the server runs on, and not by a web page.',
    );
  }
  const [path = ''] = request.path.split('?');
  const [resource, id, ...rest] = path.slice(adminPath.length).split('/');
  if (resource !== 'faults' || rest.length > 0) {
    return refusal(404, 'NOT_EMULATED', `There is nothing at ${path}; there is ${adminPath}faults.`);
  }
  if (request.method === 'GET' && id === undefined) return json(200, { faults: rules.active.map(describe) });
  if (request.method === 'POST' && id === undefined) return add(rules, request);
  if (request.method === 'DELETE') {
    if (id === undefined) rules.clear();
    else if (!rules.remove(id)) return refusal(404, 'OPTION_INVALID', `No fault ${id} is in force.`);
    return json(200, { faults: rules.active.map(describe) });
  }
  return refusal(405, 'NOT_EMULATED', `${request.method} is not answered here; GET, POST and DELETE are.`);
}

function add(rules: FaultRules, request: WireRequest): WireResponse {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (contentType !== 'application/json') {
    return refusal(415, 'OPTION_INVALID', 'Send the rule with content-type application/json.');
  }
  try {
    return json(200, describe(rules.add(parse(request.body))));
  } catch (error) {
    if (error instanceof SyntaxError) return refusal(400, 'OPTION_INVALID', 'The body is not JSON.');
    if (!isMillraceError(error, 'OPTION_INVALID')) throw error;
    return refusal(400, error.code, error.message, error.details.path);
  }
}

function parse(body: string | Uint8Array): unknown {
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

function describe({ id, given, setAt, hits }: ActiveFault): object {
  return { ...given, id, setAt: new Date(setAt).toISOString(), hits };
}

function refusal(status: number, code: string, message: string, path?: string): WireResponse {
  return json(status, { code, message, ...(path === undefined ? {} : { path }) });
}

function json(status: number, body: object): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: `${JSON.stringify(body)}\n`,
  };
}
