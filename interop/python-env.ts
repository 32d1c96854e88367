import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'interop-python');

/** Packages and versions the interop tests were written against. */
const packages = ['awscli==1.42.0', 'boto3==1.40.0'];

/** A virtual environment with the AWS CLI and boto3. Answers why there can be none, or undefined when it is there. */
export function preparePython(): string | undefined {
  if (existsSync(tool('aws')) && existsSync(join(folder, 'complete'))) return undefined;
  const steps = [
    ['python3', '-m', 'venv', folder],
    [tool('pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages],
    [tool('python'), '-c', `open(${JSON.stringify(join(folder, 'complete'))}, 'w')`],
  ];
  for (const [command = '', ...args] of steps) {
    const done = spawnSync(command, args, { encoding: 'utf8' });
    if (done.status !== 0)
      return `${command} ${args.join(' ')} failed: ${(done.stderr ?? String(done.error)).trim()}`;
  }
  return undefined;
}

/**
 * Runs a tool of the environment against the server and answers what it printed. Rejects with what it wrote to stderr
 * when it fails. `env` goes before the credentials and region of a server that takes any.
 */
export function runPython(
  name: 'aws' | 'python',
  args: readonly string[],
  endpoint: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool(name), args, {
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: endpoint,
        AWS_PAGER: '',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${name} ${args.join(' ')} exited with ${code}: ${err.trim()}`));
    });
  });
}

function tool(name: string): string {
  return join(folder, 'bin', name);
}
