import { main } from '../../src/main.ts';

// The command as bin/millrace.js starts it, from source.
await main();
