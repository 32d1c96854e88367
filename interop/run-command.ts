import { spawn } from 'node:child_process';

/** Runs a program to its end and answers its stdout. Rejects with what it wrote to stderr when it fails. */
export function runCommand(command: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(' ')} exited with ${code}: ${err.trim()}`));
    });
    // A program that ends before it has read all says so with its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}
