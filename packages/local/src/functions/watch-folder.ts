import { readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

import type { Clock } from '@millrace/kinesis/runtime';

const mostFolders = 500;
/** Editors write a file in several steps. */
const quietMs = 100;
const source = /\.(?:[cm]?[jt]sx?|py|json)$/;

/**
 * Calls `changed` with a file that was saved in the folder or below, but for node_modules and what begins with a dot,
 * once it has been quiet for a moment.
 */
export function watchFolder(folder: string, clock: Clock, changed: (file: string) => void): Disposable {
  const watchers: FSWatcher[] = [];
  let timer: Disposable | undefined;
  const hear = (file: string): void => {
    timer?.[Symbol.dispose]();
    timer = clock.timer(quietMs, () => changed(file));
  };
  for (const each of foldersOf(folder)) {
    const watcher = watch(each, { persistent: false }, (_event, name) => {
      if (name !== null && source.test(name)) hear(join(each, name));
    });
    // A folder that goes away is not watched any more.
    watcher.on('error', () => watcher.close());
    watchers.push(watcher);
  }
  return {
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]();
      for (const watcher of watchers) watcher.close();
    },
  };
}

function foldersOf(folder: string): readonly string[] {
  const found = [folder];
  for (const each of found) {
    if (found.length >= mostFolders) break;
    for (const entry of readdirSync(each, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')) {
        found.push(join(each, entry.name));
      }
    }
  }
  return found.slice(0, mostFolders);
}
