// The embedded server in a process of its own, so that its work is not counted as a producer's.
import { startServer } from '@millrace/local';

const server = await startServer({ port: 0, streams: { bench: { shards: 8 } } });
process.send?.(server.endpoint);
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
