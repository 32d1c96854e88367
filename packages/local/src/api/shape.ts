/** The service model's shapes as values: what a member may be, from which its TypeScript type follows. */
export type Shape =
  | StringShape
  | NumberShape
  | BooleanShape
  | BlobShape
  | TimestampShape
  | ListShape
  | MapShape
  | StructureShape;

export interface StringShape {
  readonly type: 'string';
  readonly min?: number;
  readonly max?: number;
  /** As the service prints it. Matched against the whole text. */
  readonly pattern?: string;
  /** In the order the service prints them. */
  readonly values?: readonly string[];
}

export interface NumberShape {
  readonly type: 'integer' | 'long';
  readonly min?: number;
  readonly max?: number;
}

export interface BooleanShape {
  readonly type: 'boolean';
}

/** Bytes: base64 text from JSON, a byte string from CBOR or a program. */
export interface BlobShape {
  readonly type: 'blob';
  readonly max?: number;
}

/** Seconds since the epoch in JSON. */
export interface TimestampShape {
  readonly type: 'timestamp';
}

export interface ListShape {
  readonly type: 'list';
  readonly item: Shape;
  readonly min?: number;
  readonly max?: number;
  /** How the service prints an item in a message; by default the item itself. */
  readonly itemName?: string;
}

export interface MapShape {
  readonly type: 'map';
  readonly key: StringShape;
  readonly value: StringShape;
  readonly min?: number;
  readonly max?: number;
}

export interface StructureShape<M extends Members = Members> {
  readonly type: 'structure';
  /** In the order the service checks them, which is not that of the documentation. */
  readonly members: M;
}

export type Members = Readonly<Record<string, Shape | RequiredMember>>;

/** A member that must be given. */
export interface RequiredMember<S extends Shape = Shape> {
  readonly required: S;
}

/** What a value of the shape is in TypeScript. A null counts as absent, as in the service. */
export type ValueOf<S> = S extends { readonly values: readonly (infer V)[] }
  ? V
  : S extends StringShape
    ? string
    : S extends NumberShape | TimestampShape
      ? number
      : S extends BooleanShape
        ? boolean
        : S extends BlobShape
          ? string | Uint8Array
          : S extends { readonly type: 'list'; readonly item: infer I }
            ? readonly ValueOf<I>[]
            : S extends MapShape
              ? Readonly<Record<string, string>>
              : S extends { readonly type: 'structure'; readonly members: infer M }
                ? { readonly [K in keyof M]: MemberOf<M[K]> }
                : never;

type MemberOf<M> = M extends { readonly required: infer S } ? ValueOf<S> : ValueOf<M> | null | undefined;

export function structure<const M extends Members>(members: M): StructureShape<M> {
  return { type: 'structure', members };
}

export function required<const S extends Shape>(shape: S): RequiredMember<S> {
  return { required: shape };
}
