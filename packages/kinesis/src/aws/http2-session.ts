import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

/** As much at once as 10 MiB records in both directions want; Node's own limits are made for web pages. */
const MiB = 1_048_576;
const STREAM_WINDOW = MiB;
const SESSION_WINDOW = 16 * MiB;
/** Memory of one session in Node's count, megabytes: a few answers of 10 MiB are more than it allows by default. */
const SESSION_MEMORY = 1000;
/** Calls on one session at once; the service allows 128. */
const MOST_CALLS = 64;

/** A call as it is handed to a session. */
export interface SessionCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** One connection to the service, shared by calls. It holds the process only while a call is under way. */
export class Http2Session {
  readonly #session: ClientHttp2Session;
  readonly #onClosed: (session: Http2Session) => void;
  #calls = 0;
  #open = true;

  /** `onClosed` is called once, when no further call should be given to it. */
  constructor(origin: string, onClosed: (session: Http2Session) => void) {
    const session = connect(origin, {
      maxSessionMemory: SESSION_MEMORY,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    this.#session = session;
    this.#onClosed = onClosed;
    session.unref();
    session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW));
    // Its calls are told why by their streams.
    session.on('error', () => this.retire());
    session.once('close', () => this.retire());
    // Calls under way are still answered.
    session.once('goaway', () => this.retire());
  }

  /** Whether it takes another call. */
  get hasRoom(): boolean {
    const allowed = this.#session.remoteSettings?.maxConcurrentStreams ?? MOST_CALLS;
    return (
      this.#open &&
      !this.#session.closed &&
      !this.#session.destroyed &&
      this.#calls < Math.min(MOST_CALLS, allowed)
    );
  }

  open({ headers, body }: SessionCall): ClientHttp2Stream {
    const stream = this.#session.request(headers);
    if (this.#calls++ === 0) this.#session.ref();
    stream.once('close', () => {
      if (--this.#calls > 0) return;
      this.#session.unref();
      if (!this.#open) this.#closeWhenIdle();
    });
    stream.end(body);
    return stream;
  }

  /** Takes no more calls and is closed when those under way have ended: for a connection that may be dead. */
  retire(): void {
    if (this.#open) {
      this.#open = false;
      this.#onClosed(this);
    }
    this.#closeWhenIdle();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #closeWhenIdle(): void {
    if (this.#calls === 0 && !this.#session.destroyed) this.#session.destroy();
  }
}

/** Ends a call so that nothing of it is kept: the body of one that is closed in peace would be sent to its end first. */
export function cancel(stream: ClientHttp2Stream): void {
  // Before there is a connection, closing waits for one.
  if (stream.pending) stream.destroy();
  else stream.close(constants.NGHTTP2_CANCEL);
}
