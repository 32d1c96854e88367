// Our server on the port given, as `millrace server` starts it: from the built package.
import { keepYoungGenerationSmall, startServer } from '@millrace/local';

const [port, path, durability] = process.argv.slice(2);
await startServer({
  port: Number(port),
  shardLimit: 1_000_000,
  ...(path && { path }),
  ...(durability && { durability }),
});
await keepYoungGenerationSmall();
