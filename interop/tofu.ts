import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const version = 'github.com/opentofu/opentofu@v1.10.10';

/**
 * OpenTofu, built once from its module: it cannot be `go install`ed, as its go.mod replaces one of its dependencies, but
 * within its own module it builds. Some minutes on two cores; kept in `folder`.
 */
export function installTofu(folder: string): { readonly program: string } | { readonly missing: string } {
  const program = join(folder, 'tofu');
  if (existsSync(program)) return { program };
  const downloaded = spawnSync('go', ['mod', 'download', '-json', version], { encoding: 'utf8' });
  if (downloaded.status !== 0) return { missing: `${version} cannot be downloaded: ${lastLine(downloaded)}` };
  const { Dir: source } = JSON.parse(downloaded.stdout) as { readonly Dir: string };
  console.log(`     building ${version}, once`);
  const built = spawnSync(
    'go',
    ['build', '-C', source, '-buildvcs=false', '-ldflags=-s -w', '-o', program, './cmd/tofu'],
    {
      encoding: 'utf8',
    },
  );
  return built.status === 0 ? { program } : { missing: `${version} cannot be built: ${lastLine(built)}` };
}

function lastLine({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  return (stderr.trim() === '' ? stdout : stderr).trim().split('\n').at(-1) ?? '';
}
