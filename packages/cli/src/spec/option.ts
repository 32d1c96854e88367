/** One option of a command: the parser, the help and the documentation all read this. */
export type OptionSpec = FlagOption | TextOption | ListOption | IntegerOption | DurationOption;

interface BaseOption {
  /** Long name without dashes, in kebab-case. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly about: string;
  /** Other long names that work and are not shown. */
  readonly aliases?: readonly string[];
  /** Environment variables that stand in for it, first wins. */
  readonly env?: readonly string[];
}

/** On or off; a name beginning with `no-` turns off what is on otherwise. */
export interface FlagOption extends BaseOption {
  readonly kind: 'flag';
}

export interface TextOption extends BaseOption {
  readonly kind: 'text';
  /** How the value is named in the help. */
  readonly value: string;
  readonly default?: string;
  readonly choices?: readonly string[];
}

/** May be given several times. */
export interface ListOption extends BaseOption {
  readonly kind: 'list';
  readonly value: string;
}

export interface IntegerOption extends BaseOption {
  readonly kind: 'integer';
  readonly value: string;
  readonly min: number;
  readonly max: number;
  readonly default?: number;
}

/** `250ms`, `15s`, `5m`, `2h`, `3d`, or milliseconds. */
export interface DurationOption extends BaseOption {
  readonly kind: 'duration';
  readonly value: string;
  readonly default?: string;
}
