import type { Fault } from '../plan/fault.ts';
import type { Plan } from '../plan/plan.ts';
import type { Random } from '../plan/random.ts';
import type { Machine } from '../world/life.ts';
import type { Network } from '../world/network.ts';
import type { Timeline } from '../world/timeline.ts';
import type { Trace } from '../world/trace.ts';
import type { Troubles } from '../world/troubles.ts';
import type { Fleet } from './fleet.ts';
import type { Lineage, Lineages } from './lineage.ts';

export interface FaultPlayerParts {
  readonly plan: Plan;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly network: Network;
  readonly fleet: Fleet;
  readonly lineages: Lineages;
  /** The service's machine: its clock may jump, too. */
  readonly service: Machine;
  readonly troubles: Troubles;
  readonly random: Random;
  readonly counted: (kind: string) => void;
}

/** How soon a reshard is tried again while another is under way. */
const reshardRetryMs = 700;

/** Plays a plan's faults at their times. None lasts longer than the trouble as a whole. */
export class FaultPlayer {
  readonly #parts: FaultPlayerParts;

  constructor(parts: FaultPlayerParts) {
    this.#parts = parts;
  }

  play(): void {
    const { plan, timeline, random } = this.#parts;
    for (const fault of plan.faults) {
      const chance = random.fork();
      timeline.after(fault.at, () => this.#strike(fault, chance));
    }
  }

  #strike(fault: Fault, random: Random): void {
    const { fleet, network, troubles, timeline, trace, counted } = this.#parts;
    trace.note(timeline.now, 'world', `fault ${fault.kind}`, '', () => JSON.stringify(fault));
    switch (fault.kind) {
      case 'crash':
        this.#crash(fault);
        break;
      case 'pause': {
        const life = fleet.lifeOf(fault.victim);
        if (life === undefined) return;
        counted('pause');
        life.pause();
        this.#later(fault.ms, () => life.wake());
        break;
      }
      case 'deploy':
        counted('deploy');
        fleet.deploy(fault);
        break;
      case 'cut': {
        const machine = fleet.machineOf(fault.victim);
        counted(`cut ${fault.port}`);
        machine?.unreachable.add(fault.port);
        this.#later(fault.ms, () => machine?.unreachable.delete(fault.port));
        break;
      }
      case 'weather':
        network.begin(fault);
        this.#later(fault.ms, () => network.end(fault));
        break;
      case 'reshard':
        this.#reshard(fault, random);
        break;
      case 'jump': {
        const { victim } = fault;
        const machine = victim.role === 'service' ? this.#parts.service : fleet.machineOf(victim);
        counted(victim.role === 'service' ? 'jump of the service' : 'jump');
        if (machine !== undefined) machine.wallAheadMs += fault.ms;
        break;
      }
      case 'absence': {
        counted('absence');
        const asleep = fleet.absence(fault.ms, random);
        this.#later(fault.ms, () => {
          for (const life of asleep) life.wake();
        });
        break;
      }
      case 'failures':
        counted(`failures ${fault.where}`);
        troubles.begin(fault.where, fault.rate);
        this.#later(fault.ms, () => troubles.end(fault.where));
        break;
    }
  }

  #crash(fault: Extract<Fault, { readonly kind: 'crash' }>): void {
    const { fleet, network, counted } = this.#parts;
    const life = fleet.lifeOf(fault.victim);
    if (life === undefined) return;
    const strike = (): void => {
      counted(fault.onCall === undefined ? 'crash' : `crash ${fault.onCall.when} a call`);
      fleet.crash(fault, life);
    };
    if (fault.onCall === undefined) strike();
    else network.doom(life, fault, strike);
  }

  #reshard(fault: Extract<Fault, { readonly kind: 'reshard' }>, random: Random): void {
    const { lineages, timeline, plan, trace, counted } = this.#parts;
    const { how } = fault;
    const lineage: Lineage | undefined = lineages.all[fault.stream];
    if (lineage === undefined) return;
    const steps = [...lineage.steps(how, random)];
    if (steps.length > 0) counted(how);
    const next = (): void => {
      if (steps.length === 0) return;
      if (!lineage.settled) {
        timeline.after(reshardRetryMs, next);
        return;
      }
      const step = steps.shift();
      try {
        step?.();
      } catch (error) {
        // Another reshard was faster and took the shard away.
        trace.note(timeline.now, 'world', 'reshard refused', how, () => String(error));
        return;
      }
      // The shards there are now are told by the service itself, once the reshard is through.
      timeline.after(plan.service.updateMs, () => void refreshed());
    };
    const refreshed = async (): Promise<void> => {
      await lineage.refresh(timeline.now);
      next();
    };
    next();
  }

  #later(ms: number, end: () => void): void {
    const { timeline, plan } = this.#parts;
    timeline.after(Math.max(0, Math.min(ms, plan.healedAt - timeline.now)), end);
  }
}
