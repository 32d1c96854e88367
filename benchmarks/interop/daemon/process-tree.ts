import { readdirSync, readFileSync } from 'node:fs';

/** What a process and everything it has started have used. */
export interface TreeUsage {
  readonly cpuMicros: number;
  readonly rssMiB: number;
}

/** Linux counts CPU time in hundredths of a second, and memory in pages. */
const microsPerTick = 10_000;
const mebibytesPerPage = 4096 / 1_048_576;

interface Process {
  readonly parent: number;
  readonly ticks: number;
  readonly pages: number;
}

/** CPU time since they started, that of children already waited for included, and resident memory now. Reads /proc. */
export function usageOf(root: number): TreeUsage {
  const processes = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const process = processOf(name);
    if (process !== undefined) processes.set(Number(name), process);
  }
  const isInTree = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = processes.get(at)?.parent)
      if (at === root) return true;
    return false;
  };
  let [ticks, pages] = [0, 0];
  for (const [pid, process] of processes) {
    if (!isInTree(pid)) continue;
    ticks += process.ticks;
    pages += process.pages;
  }
  return { cpuMicros: ticks * microsPerTick, rssMiB: pages * mebibytesPerPage };
}

/** Undefined when it has ended meanwhile. The command's name, in parentheses, may hold anything. */
function processOf(pid: string): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
    return {
      parent: Number(fields[1]),
      ticks: (user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0),
      pages: Number(fields[21]),
    };
  } catch {
    return undefined;
  }
}
