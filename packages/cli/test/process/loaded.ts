import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';

import { run } from '../../src/run.ts';

// Runs a command line and prints which packages it loaded; CommonJS ones, as the SDK and the parser are, are in the cache.
const code = await run(process.argv.slice(2), {
  stdin: new PassThrough().end(),
  stdout: new PassThrough().resume(),
  stderr: new PassThrough().resume(),
  env: {},
  isTTY: { stdin: false, stdout: false, stderr: false },
});
const files = Object.keys(createRequire(import.meta.url).cache);
const packages = files.flatMap(
  (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file)?.[1] ?? [],
);
process.stdout.write(JSON.stringify({ code, packages: [...new Set(packages)].toSorted() }));
process.exit(0);
