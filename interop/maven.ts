import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** A Maven project of a folder beside this file, built into the cache. */
export interface MavenProject {
  /** Where it is built. */
  readonly folder: string;
  /** Builds it, with its packages. Answers why that cannot be done here, or undefined when it is done. */
  build(): string | undefined;
  /** What `java` is given to run one of its programs. */
  command(program: string, args: readonly string[]): readonly string[];
}

/**
 * `version`: of the library it is built with, where it can be built with several. Building throws when the project itself does
 * not compile: that is a failure, not a lack.
 */
export function mavenProject(name: string, version?: string): MavenProject {
  const built = version === undefined ? name : `${name}-${version}`;
  const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', `interop-${built}`);
  const properties = version === undefined ? [] : [`-Dpeer.version=${version}`];
  return {
    folder,
    build() {
      for (const tool of ['java', 'mvn']) {
        const found = spawnSync(tool, ['-version'], { encoding: 'utf8' });
        if (found.status !== 0) return `there is no ${tool}`;
      }
      const pom = join(import.meta.dirname, name, 'pom.xml');
      const args = ['--quiet', '--batch-mode', ...properties, '--file', pom, 'package'];
      const packaged = spawnSync('mvn', args, { encoding: 'utf8' });
      if (packaged.status === 0) return undefined;
      const said = packaged.stdout.trim();
      // Without a way to its packages it cannot run here.
      if (/Could not (?:transfer|resolve|find) |offline/.test(said)) {
        return `mvn package failed: ${said.split('\n')[0] ?? ''}`;
      }
      throw new Error(`mvn package failed: ${said}`);
    },
    command(program, args) {
      const classPath = [join(folder, 'classes'), join(folder, 'dependency', '*')].join(delimiter);
      return ['-cp', classPath, program, ...args];
    },
  };
}
