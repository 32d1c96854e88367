/** The end of a record that is to come again. A handler's promise may come to anything, `false` too, but not to this. */
export const missed: unique symbol = Symbol('missed');

/** How a record ends: done in some way, or missed. */
export type Ending = true | typeof missed;
