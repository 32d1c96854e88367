import { connect } from 'node:http2';

import type { Clock } from '@millrace/kinesis/runtime';

/** Whether an endpoint speaks HTTP/2, as the SDK does to Kinesis; undefined: it does, else why not. */
export function whyNoHttp2(endpoint: string, clock: Clock, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const session = connect(endpoint);
    const end = (reason: string | undefined): void => {
      timer[Symbol.dispose]();
      session.destroy();
      resolve(reason);
    };
    const timer = clock.timer(timeoutMs, () => end(`no answer within ${timeoutMs / 1000} s`));
    session.on('error', (error: Error) => end(error.message));
    // Connected is not understood: an HTTP/1.1 server takes the socket and then does not know what to do.
    session.on('remoteSettings', () => end(undefined));
    session.on('close', () => end('the connection was closed'));
  });
}
