import type { FaultRules } from '../api/fault-rules.ts';
import type { Service } from '../api/service.ts';
import type { Neighbour } from '../neighbours/neighbour.ts';
import type { AuthorizationRules } from '../wire/authorization.ts';
import { answerKinesis, failed } from '../wire/kinesis-wire.ts';
import type { WireRequest, WireResponse } from '../wire/message.ts';
import { adminPath, answerAdmin } from './admin.ts';
import { createRequestIds } from '../wire/request-ids.ts';

/** What every door leads to. Never throws or rejects. */
export type Front = (request: WireRequest) => WireResponse | Promise<WireResponse>;

/** Hands a request to the neighbour whose target it names, else to Kinesis, and gives every answer its request id. */
export function createFront(
  service: Service,
  neighbours: readonly Neighbour[],
  rules: AuthorizationRules,
  faults: FaultRules,
): Front {
  const ids = createRequestIds(service.engine.options.clock);
  const identify = (response: WireResponse): WireResponse => ({
    ...response,
    headers: { 'x-amzn-requestid': ids.next(), ...response.headers },
  });
  /** Kinesis alone has a second one. */
  const identifyTwice = (response: WireResponse): WireResponse => ({
    ...response,
    headers: { 'x-amzn-requestid': ids.next(), 'x-amz-id-2': ids.extended(), ...response.headers },
  });
  /** Nothing is told before it is as safe as promised, not even to readers. */
  const safely = (response: WireResponse): WireResponse | Promise<WireResponse> => {
    const settled = service.engine.settled();
    return settled === undefined ? response : settled.then(() => response, failed);
  };
  return (request) => {
    if (request.path.startsWith(adminPath)) return answerAdmin(faults, request);
    const target = request.headers['x-amz-target'] ?? '';
    const neighbour = neighbours.find(({ targets, accepts }) =>
      target === '' ? accepts?.(request) === true : targets.some((prefix) => target.startsWith(`${prefix}.`)),
    );
    if (neighbour !== undefined) return neighbour.answer(request).then(identify);
    const answer = answerKinesis(service, request, rules);
    if (answer instanceof Promise) return answer.then(safely).then(identifyTwice);
    const safe = safely(answer);
    return safe instanceof Promise ? safe.then(identifyTwice) : identifyTwice(safe);
  };
}
