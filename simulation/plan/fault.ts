/** Who it happens to: the machine's place among the workers or the producers. */
export interface Victim {
  readonly role: 'worker' | 'producer';
  readonly index: number;
}

/** Whose clock may be wrong: the service's, too. */
export type ClockOwner = Victim | { readonly role: 'service' };

/** What may happen to a call on its way. */
export type Mishap =
  /** Nothing arrives and the caller is told so at once. */
  | 'refused'
  /** Nothing arrives, and the caller learns it from a time-out. */
  | 'silent'
  /** The service does what it is asked, and the answer is lost. */
  | 'lost'
  /** The service answers 5xx and does nothing. */
  | 'failed'
  | 'throttled'
  /** Requests and answers dawdle, and overtake each other. */
  | 'slow'
  /** The iterator is too old. */
  | 'expired'
  /** Some entries of a PutRecords call are refused. */
  | 'entries'
  /** ListShards answers what was so a while ago. */
  | 'stale';

export type Reshard = 'split' | 'merge' | 'double' | 'halve' | 'diamond';

/** One thing that goes wrong, at a time after the beginning, milliseconds. */
export type Fault =
  /**
   * The process ends between two instructions: with `onCall`, as its so manieth call after `at` is made (`before` the
   * service sees it, or `after`, with the answer on its way). What it had sent arrives all the same, unless `wire` is
   * cut with it. A new process starts on the machine after `downMs`, under the same name or another.
   */
  | {
      readonly kind: 'crash';
      readonly at: number;
      readonly victim: Victim;
      readonly onCall?: { readonly count: number; readonly when: 'before' | 'after'; readonly port: Port };
      readonly wire: 'arrives' | 'cut';
      readonly sameName: boolean;
      readonly downMs: number;
    }
  /** SIGSTOP and SIGCONT: nothing of it runs, and then all that was due does. */
  | { readonly kind: 'pause'; readonly at: number; readonly victim: Victim; readonly ms: number }
  /** A deploy: closed gracefully, and started anew after `downMs`. */
  | {
      readonly kind: 'deploy';
      readonly at: number;
      readonly victim: Victim;
      readonly drainMs: number;
      readonly downMs: number;
    }
  /** One port of one machine is out of reach. */
  | {
      readonly kind: 'cut';
      readonly at: number;
      readonly victim: Victim;
      readonly ms: number;
      readonly port: Port;
    }
  /** For a while calls to a port meet with a mishap. */
  | {
      readonly kind: 'weather';
      readonly at: number;
      readonly ms: number;
      readonly mishap: Mishap;
      readonly port: Port;
      /** Only calls of this kind, when given. */
      readonly operation?: string;
      readonly rate: number;
      /** Milliseconds that `slow` adds at most, on either way, and that `stale` is behind. */
      readonly delayMs: number;
    }
  /** `stream`: which of them, by its place. */
  | { readonly kind: 'reshard'; readonly at: number; readonly how: Reshard; readonly stream: number }
  /** The wall clock of one machine jumps, or the service's. */
  | { readonly kind: 'jump'; readonly at: number; readonly victim: ClockOwner; readonly ms: number }
  /**
   * Nobody reads for longer than records are kept: every worker is killed, or sleeps, until it is over, and so do some of
   * the producers.
   */
  | { readonly kind: 'absence'; readonly at: number; readonly ms: number }
  /** For a while handlers fail now and then, or sinks do. */
  | {
      readonly kind: 'failures';
      readonly at: number;
      readonly ms: number;
      readonly where: 'handler' | 'sink';
      readonly rate: number;
    };

/** What a process reaches over the network. */
export type Port = 'stream' | 'leases';
