import { MillraceError } from '../errors.ts';

/** A subscription that stood and told nothing. */
export function silent(shardId: string): MillraceError {
  return new MillraceError('TIMED_OUT', `The subscription to ${shardId} was silent for 30 s.`, {
    advice: 'It is opened anew; if that goes on, look at what lies between: a proxy may hold responses back.',
    retryable: true,
    shardId,
  });
}

/** A subscription the service neither accepted nor refused. */
export function unanswered(shardId: string): MillraceError {
  return new MillraceError('TIMED_OUT', `SubscribeToShard of ${shardId} was not answered within 10 s.`, {
    advice: 'It is tried again; check that HTTP/2 reaches the endpoint.',
    retryable: true,
    shardId,
  });
}

/** A stream consumer that did not become ACTIVE. */
export function notActive(stream: string, name: string, status: string): MillraceError {
  return new MillraceError(
    'TIMED_OUT',
    `The consumer ${name} of ${stream} is still ${status} after 2 minutes.`,
    {
      advice: 'It is looked at again; if it stays so, deregister it and let it be registered anew.',
      retryable: true,
      stream,
      got: status,
    },
  );
}
