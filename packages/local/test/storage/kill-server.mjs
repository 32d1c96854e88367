// A server on a folder, for a test to kill. Says its endpoint on stdout.
import { startServer } from '@millrace/local';

const [path, durability] = process.argv.slice(2);
const server = await startServer({ port: 0, path, durability });
process.stdout.write(`${server.endpoint}\n`);
