import { randomBytes } from 'node:crypto';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { connect, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';

interface Place {
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A debugger as far as a test needs one: the DevTools protocol over a WebSocket of one's own. */
export class Debugger implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #paused: string[] = [];
  readonly #sourceMaps = new Map<string, string>();
  #onPause: (() => void) | undefined;
  #onScript: (() => void) | undefined;
  #frame: Frame | undefined;
  #received = Buffer.alloc(0);
  #calls = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** Attaches to `ws://host:port/id`. */
  static async attach(url: string): Promise<Debugger> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const first = await new Promise<Buffer>((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('error', reject);
    });
    const end = first.indexOf('\r\n\r\n') + 4;
    const attached = new Debugger(socket);
    attached.#take(first.subarray(end));
    return attached;
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#calls;
    const text = Buffer.from(JSON.stringify({ id, method, params }));
    const mask = randomBytes(4);
    const head =
      text.length < 126 ? [0x81, 0x80 | text.length] : [0x81, 0xfe, text.length >> 8, text.length & 0xff];
    const masked = text.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
    this.#socket.write(Buffer.concat([Buffer.from(head), mask, masked]));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** Hears of scripts and pauses from now on, and lets a program go that waits for a debugger. */
  async begin(): Promise<void> {
    await this.call('Runtime.enable');
    await this.call('Debugger.enable');
    await this.call('Runtime.runIfWaitingForDebugger');
  }

  /** Where execution stands once it is paused: the function's name. */
  async paused(): Promise<string> {
    while (this.#paused.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onPause = resolve;
      });
    }
    return this.#paused.shift() ?? '';
  }

  /** Of a file that was loaded. */
  sourceMapOf(file: string): string | undefined {
    return [...this.#sourceMaps].find(([url]) => url.startsWith(pathToFileURL(file).href))?.[1];
  }

  /** Sets a breakpoint as an editor does: at what the source map of a file says is that line of it, from 0. */
  async breakAt(file: string, line: number): Promise<void> {
    while (this.sourceMapOf(file) === undefined) {
      await new Promise<void>((resolve) => {
        this.#onScript = resolve;
      });
    }
    const url = [...this.#sourceMaps.keys()].find((some) => some.startsWith(pathToFileURL(file).href));
    const place = generatedPlace(this.#readMap(file), line);
    await this.call('Debugger.setBreakpointByUrl', { url, ...place });
  }

  /** The line of a file, from 0, where execution stands. */
  pausedLine(file: string): number | undefined {
    const { lineNumber = 0, columnNumber = 0 } = this.#frame?.location ?? {};
    const entry = this.#readMap(file).findEntry(lineNumber, columnNumber);
    return 'originalLine' in entry ? entry.originalLine : undefined;
  }

  /** What an expression is worth where execution stands. */
  async look(expression: string): Promise<unknown> {
    const params = { callFrameId: this.#frame?.callFrameId, expression };
    const answer = await this.call('Debugger.evaluateOnCallFrame', params);
    return (answer as { result: { value?: unknown } }).result.value;
  }

  #readMap(file: string): SourceMap {
    const [, base64 = ''] = (this.sourceMapOf(file) ?? '').split('base64,');
    return new SourceMap(JSON.parse(Buffer.from(base64, 'base64').toString()) as SourceMapPayload);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const short = (this.#received[1] ?? 0) & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#received.length < start) return;
      const length =
        short < 126
          ? short
          : short === 126
            ? this.#received.readUInt16BE(2)
            : Number(this.#received.readBigUInt64BE(2));
      if (this.#received.length < start + length) return;
      const text = this.#received.subarray(start, start + length).toString();
      this.#received = this.#received.subarray(start + length);
      this.#hear(JSON.parse(text) as Message);
    }
  }

  #hear({ id, result, method, params }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(result);
    if (method === 'Debugger.scriptParsed') {
      this.#sourceMaps.set(params?.url ?? '', params?.sourceMapURL ?? '');
      this.#onScript?.();
    }
    if (method !== 'Debugger.paused') return;
    this.#frame = params?.callFrames?.[0];
    this.#paused.push(this.#frame?.functionName ?? '');
    this.#onPause?.();
  }
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly url?: string;
    readonly sourceMapURL?: string;
    readonly callFrames?: readonly Frame[];
  };
}

interface Frame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly location: Place;
}

/** The first place in what runs that is of a line of the source. */
function generatedPlace(map: SourceMap, line: number): Place {
  for (let lineNumber = 0; lineNumber < 100; lineNumber++) {
    for (let columnNumber = 0; columnNumber < 2000; columnNumber++) {
      const entry = map.findEntry(lineNumber, columnNumber);
      if ('originalLine' in entry && entry.originalLine === line && entry.generatedColumn === columnNumber) {
        if (entry.generatedLine === lineNumber) return { lineNumber, columnNumber };
      }
    }
  }
  throw new Error(`No code is of line ${line}.`);
}
