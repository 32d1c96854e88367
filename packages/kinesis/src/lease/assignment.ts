import { isShardEnd } from './checkpoint.ts';
import { siblingKey, type Lease } from './lease.ts';
import { isAvailable, unchangedFor, type Observation, type Sighting } from './observation.ts';
import { handsOver } from './transition.ts';

export interface AssignmentInput {
  readonly observation: Observation;
  /** This worker's id. */
  readonly me: string;
  /** Keys of the leases this worker really holds. One that bears its id without being held (a take-over whose answer was lost) is available. */
  readonly held: ReadonlySet<string>;
  readonly leaseDurationMs: number;
  /** Never hold more than this. Default: no limit. */
  readonly maxLeases?: number;
  /** Never steal more than this at a time. Default 1, as the KCL: load moves gently. */
  readonly maxSteals?: number;
  /** A number in [0, 1); workers must draw differently or they will run after the same leases. */
  readonly random: () => number;
}

export interface Assignment {
  /** Leases to take because nobody works on them. */
  readonly take: readonly Lease[];
  /** Leases to ask a live worker for that has too many and has promised to hand over: it drains first, and nothing is handled twice. */
  readonly ask: readonly Lease[];
  /** Leases to take from a live worker that has too many and would not hand over. */
  readonly steal: readonly Lease[];
  /** How many leases each live worker should hold. */
  readonly target: number;
  /** Workers believed alive, this one included. */
  readonly workers: number;
  /** Available leases that `maxLeases` keeps this worker from taking. Unowned shards if every worker says so. */
  readonly spillover: readonly Lease[];
}

/**
 * Which leases to take now. Pure: the same input and the same random numbers give the same answer.
 *
 * The rules are those of the KCL 2.x, so a mixed fleet settles: every worker aims at ⌈leases / workers⌉; it takes
 * available leases in random order, and only when there are none steals from the most loaded worker. A lease
 * nobody has renewed for three durations is taken whatever the target, since whoever should have did not; one that bears
 * this worker's name at once, since the leader of a KCL 3.x fleet, or whoever handed it over, leaves it to nobody else.
 *
 * In a fleet of ours alone nothing is stolen: the loaded worker is asked instead. With a Java worker among them nobody is
 * asked, for a 2.x worker that steals a lease on its way would leave the request standing in it.
 *
 * Only leases that can be worked on count, on both sides of the balance: those of shards read to their end, and
 * those whose parents are not, are left alone. (The KCL takes the latter and lets them wait, so a worker may be
 * "full" of idle leases.)
 *
 * @example
 * ```ts
 * const { take, steal } = planAssignment({ observation, me, held, leaseDurationMs: 10_000, random: Math.random });
 * ```
 */
export function planAssignment(input: AssignmentInput): Assignment {
  const { maxLeases = Number.POSITIVE_INFINITY, maxSteals = 1, random } = input;
  const { mine, given, veryOld, idle, loads, ours } = sort(input);
  const workers = loads.size + 1;
  const busy = [...loads.values()].reduce((sum, load) => sum + load.length, 0);
  const target = Math.ceil((mine + given.length + veryOld.length + idle.length + busy) / workers);
  const back = given.slice(0, Math.max(0, maxLeases - mine));
  const lacking = Math.max(0, target - mine - back.length);
  const room = Math.max(0, maxLeases - mine - back.length);
  const needed = Math.min(room, lacking);

  const wanted = [...shuffle(veryOld, random), ...shuffle(idle, random)];
  const moved = wanted.length > 0 ? [] : steals(loads, { needed, target, maxSteals, random });
  return {
    take: [...back, ...wanted.slice(0, Math.min(room, Math.max(needed, veryOld.length)))],
    ask: ours ? moved : [],
    steal: ours ? [] : moved,
    target,
    workers,
    spillover: wanted.slice(room, Math.max(room, lacking)),
  };
}

/**
 * Whether the shard may be started: every parent is read to its end, or has no lease (trimmed, or cleaned up). `leaseOf` is
 * asked by lease key.
 *
 * A listing is no snapshot: ask again with fresh `LeaseStore.get`s of the parents between taking a lease and
 * starting its shard. Since parents' leases are created before their children's, what is absent then is finished.
 *
 * @example
 * ```ts
 * if (parentsFinished(lease, (leaseKey) => leases.get(leaseKey))) start(lease);
 * ```
 */
export function parentsFinished(lease: Lease, leaseOf: (leaseKey: string) => Lease | undefined): boolean {
  return lease.parentShardIds.every((id) => {
    const parent = leaseOf(siblingKey(lease, id));
    return parent === undefined || isShardEnd(parent.checkpoint);
  });
}

interface Sorted {
  /** How many leases this worker holds, or is being handed. */
  readonly mine: number;
  /** They bear this worker's name, and nobody works on them: handed over to it, or taken with the answer lost. */
  readonly given: readonly Lease[];
  /** Available for more than three durations. */
  readonly veryOld: readonly Lease[];
  /** Available. */
  readonly idle: readonly Lease[];
  /** The leases of every other live worker. */
  readonly loads: ReadonlyMap<string, readonly Lease[]>;
  /** Whether every live worker hands over when asked. */
  readonly ours: boolean;
}

function sort({ observation, me, held, leaseDurationMs }: AssignmentInput): Sorted {
  let mine = 0;
  let ours = true;
  const given: Lease[] = [];
  const veryOld: Lease[] = [];
  const idle: Lease[] = [];
  const loads = new Map<string, Lease[]>();
  for (const sighting of observation.values()) {
    const { lease } = sighting;
    if (isShardEnd(lease.checkpoint) || !parentsFinished(lease, (key) => observation.get(key)?.lease))
      continue;
    const { owner } = lease;
    const handedToMe = lease.checkpointOwner !== undefined && !isAvailable(sighting, leaseDurationMs);
    if (owner === me && (held.has(lease.leaseKey) || handedToMe)) mine++;
    else if (owner === me) given.push(lease);
    else if (owner === undefined || isAvailable(sighting, leaseDurationMs)) {
      (idleFor(sighting, observation) > 3 * leaseDurationMs ? veryOld : idle).push(lease);
    } else {
      ours &&= handsOver(lease);
      const load = loads.get(owner);
      if (load === undefined) loads.set(owner, [lease]);
      else load.push(lease);
    }
  }
  return { mine, given, veryOld, idle, loads, ours };
}

/** For how long it could have been worked on and was not: a child waits for its parents without being neglected. */
function idleFor(sighting: Sighting, observation: Observation): number {
  const parents = sighting.lease.parentShardIds
    .map((id) => observation.get(siblingKey(sighting.lease, id)))
    .filter((seen) => seen !== undefined);
  return Math.min(unchangedFor(sighting), ...parents.map(unchangedFor));
}

interface StealRules {
  readonly needed: number;
  readonly target: number;
  readonly maxSteals: number;
  readonly random: () => number;
}

function steals(loads: Sorted['loads'], { needed, target, maxSteals, random }: StealRules): readonly Lease[] {
  const heaviest = Math.max(0, ...[...loads.values()].map((load) => load.length));
  const above = heaviest - target;
  // With nobody above the target, one that lacks two or more still gets one: loads must not differ by two.
  const count = above > 0 ? Math.min(needed, above) : Math.min(1, needed - 1);
  if (count <= 0) return [];
  const [victim = []] = shuffle(
    [...loads.values()].filter((load) => load.length === heaviest),
    random,
  );
  // One that is being handed over already is not stolen on the way.
  const free = victim.filter((lease) => lease.checkpointOwner === undefined);
  return shuffle(free, random).slice(0, Math.min(count, maxSteals));
}

function shuffle<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
