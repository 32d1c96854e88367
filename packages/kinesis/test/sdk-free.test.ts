import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

/** Modules a fresh process loads for `specifier`, by file name. */
function loadedBy(specifier: string, then = ''): readonly string[] {
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
  const out = execFileSync(
    process.execPath,
    ['--conditions=@millrace/source', '--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8', cwd: import.meta.dirname },
  );
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
