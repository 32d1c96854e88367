// The embedded server in a process of its own, so that its work is not counted as a producer's. Argument: milliseconds of latency.
import process from 'node:process';

import { startServer } from '@millrace/local';

const latency = Number(process.argv[2] ?? 0);
const server = await startServer({
  port: 0,
  tls: true,
  streams: { bench: { shards: 8 } },
  ...(latency > 0 && { faults: [{ operation: 'PutRecords', latency }] }),
});
process.send?.({ plain: server.endpoint, tls: server.tlsEndpoint, certificate: server.certificate });
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
