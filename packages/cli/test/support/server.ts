import { startServer, type LocalServer, type ServerOptions } from '@millrace/local';
import { afterAll, beforeAll } from 'vitest';

/** One server for a test file; streams are told apart by name. */
export function useServer(options: ServerOptions = {}): {
  readonly flags: readonly string[];
  readonly server: LocalServer;
} {
  let server: LocalServer | undefined;
  beforeAll(async () => {
    server = await startServer({ port: 0, ...options });
  });
  afterAll(async () => {
    await server?.close();
  });
  return {
    get server() {
      if (server === undefined) throw new Error('the server has not started');
      return server;
    },
    get flags() {
      return ['--endpoint-url', this.server.endpoint];
    },
  };
}
