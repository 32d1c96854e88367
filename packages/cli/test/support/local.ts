import { createLocalKinesis, type LocalKinesis, type LocalKinesisOptions } from '@millrace/local';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { KinesisClient } from '@aws-sdk/client-kinesis';

import { createNeighbourClients } from '../../src/aws/clients.ts';
import { createServices } from '../../src/aws/services.ts';
import { createStreamAdmin } from '../../src/aws/stream-admin.ts';
import type { Doors } from '../../src/command-context.ts';
import { drive } from './drive.ts';
import { runCli, type CliOptions, type CliResult } from './run-cli.ts';

export interface LocalCli extends AsyncDisposable {
  readonly kinesis: LocalKinesis;
  readonly clock: ManualClock;
  readonly doors: Pick<Doors, 'openKinesis'>;
  /** Runs a command on this Kinesis, letting time pass until it ends. */
  run(argv: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Puts a plain record. */
  put(stream: string, partitionKey: string, data: string | Uint8Array): Promise<void>;
}

/** A Kinesis in this process on a manual clock, and the command line in front of it: no socket, no waiting. */
export async function createLocalCli(options: LocalKinesisOptions = {}): Promise<LocalCli> {
  const clock = createManualClock();
  const kinesis = await createLocalKinesis({ clock, ...options });
  const client = new KinesisClient(kinesis.clientConfig);
  const neighbours = createNeighbourClients(kinesis.clientConfig);
  const doors: LocalCli['doors'] = {
    openKinesis: async () => ({
      connection: kinesis.connection,
      admin: createStreamAdmin(client),
      services: createServices(client, neighbours),
      async close() {},
    }),
  };
  return {
    kinesis,
    clock,
    doors,
    run: (argv, more = {}) =>
      drive(clock, runCli(argv, { clock, doors, env: { MILLRACE_LOCAL: '1' }, ...more })),
    async put(stream, partitionKey, data) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      await kinesis.connection.writer.write(stream, [{ partitionKey, data: bytes }], {});
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      neighbours.destroy();
      await kinesis.close();
    },
  };
}
