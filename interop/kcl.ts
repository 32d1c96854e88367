import type { Client } from './client.ts';
import { handsOver } from './kcl/hands-over.ts';
import { isKilled } from './kcl/is-killed.ts';
import { kplProducer, readsAlone } from './kcl/reads-alone.ts';
import type { Kcl } from './kcl/stage.ts';
import { severalStreams } from './kcl/several-streams.ts';
import { startsAgain } from './kcl/starts-again.ts';
import { takesTurns } from './kcl/takes-turns.ts';
import { worksBeside } from './kcl/works-beside.ts';
import { mavenProject } from './maven.ts';

type Scenario = (kcl: Kcl) => Promise<string>;

const shared: readonly Scenario[] = [
  (project) => readsAlone(project, 'POLLING'),
  (project) => readsAlone(project, 'FAN_OUT'),
  (project) => takesTurns(project, 'POLLING'),
  (project) => takesTurns(project, 'FAN_OUT'),
  severalStreams,
  startsAgain,
  worksBeside,
  isKilled,
];

/** The Java KCL 3: alone, before us and after us on one lease table, beside us, killed, and handing over. */
export const kcl: Client = kclOf('kcl', '3.5.1', { leavesAtOnce: true, scenarios: [...shared, handsOver] });
/** The Java KCL 2, which knows no leader and no hand-off: whoever lacks leases steals them. */
export const kcl2: Client = kclOf('kcl-2', '2.7.2', { leavesAtOnce: false, scenarios: shared });

interface KclOptions extends Pick<Kcl, 'leavesAtOnce'> {
  readonly scenarios: readonly Scenario[];
}

function kclOf(name: string, version: string, { leavesAtOnce, scenarios }: KclOptions): Client {
  const project = mavenProject('kcl', version);
  return {
    name,
    prepare: () => kplProducer.build() ?? project.build(),
    async run() {
      // Two at a time: each is a JVM or two, and what is late for want of a core tells nothing.
      const waiting = [...scenarios];
      const work = async (): Promise<void> => {
        for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift())
          console.log(`     ${name}: ${await scenario({ project, leavesAtOnce })}`);
      };
      await Promise.all([work(), work()]);
    },
  };
}
