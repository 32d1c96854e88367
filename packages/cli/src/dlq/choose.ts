import { MillraceError } from '@millrace/kinesis';

import type { OpenBox } from './with-box.ts';

/** All that is in a box, or what has the id. Throws `DATA_MISSING`. */
export function choose(
  letters: OpenBox['letters'],
  from: string,
  id: string | undefined,
): OpenBox['letters'] {
  if (id === undefined) return letters;
  const chosen = letters.filter(({ slip }) => slip.id === id);
  if (chosen.length === 0) throw notThere(from, id);
  return chosen;
}

function notThere(from: string, id: string): MillraceError {
  return new MillraceError('DATA_MISSING', `There is no ${id} in ${from}.`, {
    advice: `See what there is with: millrace dlq ls ${from}`,
    path: 'id',
    got: id,
  });
}
