import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

const fromSource = ['--conditions=@millrace/source', '--import', 'tsx'];

/** Modules a fresh process loads for `specifier`, by file name; as they are published when there are no `flags`. */
function loadedBy(specifier: string, then = '', flags = fromSource): readonly string[] {
  const script = `
    import { register } from 'node:module';
    const seen = [];
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (url) => seen.push(url));
    register('data:text/javascript,' + encodeURIComponent(\`
      let port;
      export function initialize(data) { port = data.port; }
      export async function resolve(specifier, context, next) {
        const found = await next(specifier, context);
        port.postMessage(found.url);
        return found;
      }\`), { parentURL: import.meta.url, data: { port: port2 }, transferList: [port2] });
    const door = await import('${specifier}');
    ${then}
    await new Promise((resolve) => setTimeout(resolve, 20));
    port1.close();
    console.log(JSON.stringify(seen));`;
  const out = execFileSync(process.execPath, [...flags, '--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  return JSON.parse(out) as string[];
}

test.each(['@millrace/kinesis', '@millrace/kinesis/aws', '@millrace/kinesis/lambda'])(
  'importing %s loads no AWS SDK; it comes with the first call',
  (door) => {
    const loaded = loadedBy(door, door.endsWith('aws') ? 'door.connect();' : '');
    expect(loaded.some((url) => url.includes('kinesis/src/'))).toBe(true);
    expect(loaded.filter((url) => /@aws-sdk|@smithy/.test(url))).toEqual([]);
  },
);

test('a Lambda function loads no producer, consumer or source with its handler', () => {
  const folders = loadedBy('@millrace/kinesis/lambda')
    .map((url) => /kinesis\/src\/(\w+)\//.exec(url)?.[1])
    .filter((folder) => folder !== undefined);
  expect([...new Set(folders)].toSorted()).toEqual(['codec', 'lambda', 'process', 'record', 'runtime']);
});

test('a published Lambda function loads three files of ours, and no module of Node it may never need', () => {
  const loaded = loadedBy('@millrace/kinesis/lambda', "await import('@millrace/kinesis/stream');", []);
  // More of them: `npm run build` joins them, `tsc -b` alone does not.
  const ours = loaded.filter((url) => url.includes('kinesis/dist/')).map((url) => url.split('/dist/')[1]);
  expect([...new Set(ours)]).toEqual(['lambda/index.js', 'lambda/shared.js', 'stream/index.js']);
  expect(loaded.filter((url) => url.startsWith('node:'))).toEqual(['node:diagnostics_channel']);
});
