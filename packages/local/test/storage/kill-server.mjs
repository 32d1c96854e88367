// A server on a folder, for a test to kill. Says its endpoint on stdout. With a ledger it has a function `bill`, which
// writes what it is given there.
import { appendFileSync } from 'node:fs';

import { startServer } from '@millrace/local';

const [path, durability, ledger] = process.argv.slice(2);
const bill = ({ Records }) => {
  const lines = Records.map(({ kinesis }) => `${Buffer.from(kinesis.data, 'base64')}\n`);
  appendFileSync(ledger, lines.join(''));
};
const server = await startServer({ port: 0, path, durability, ...(ledger && { functions: { bill } }) });
process.stdout.write(`${server.endpoint}\n`);
