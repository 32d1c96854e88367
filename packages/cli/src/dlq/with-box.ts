import type { Buckets } from '../aws/buckets.ts';
import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';
import type { Letter } from './letter.ts';
import { readLetters } from './letter.ts';
import type { LetterBox, Slip } from './letter-box.ts';
import { openBox } from './open-box.ts';
import { followOverflow } from './follow-overflow.ts';

/** A box that is open, and the Kinesis its letters are about: opened when it is first asked for. */
export interface OpenBox {
  readonly box: LetterBox;
  readonly kinesis: () => Promise<Kinesis>;
  readonly letters: readonly { readonly slip: Slip; readonly letters: readonly Letter[] }[];
}

/** Reads the box the user named and runs `use`; gives back and closes everything, whatever happens. */
export async function withBox<T>(context: CommandContext, use: (open: OpenBox) => Promise<T>): Promise<T> {
  const { args, options, signal, notes } = context;
  let opened: Promise<Kinesis> | undefined;
  const kinesis = (): Promise<Kinesis> => {
    opened ??= context.openKinesis();
    return opened;
  };
  try {
    const box = await openBox(args[0] ?? '', kinesis);
    try {
      const most = options.number('num');
      const slips = await box.read(most, signal);
      if (slips.length === most) notes.info(`there may be more than ${most}; --num reads more`);
      const buckets = async (): Promise<Buckets> => (await kinesis()).services.buckets();
      const letters: OpenBox['letters'][number][] = [];
      for (const slip of slips) {
        const inside: Letter[] = [];
        for (const letter of readLetters(slip.text)) {
          inside.push(await followOverflow(letter, box, buckets, signal));
        }
        letters.push({ slip, letters: inside });
      }
      return await use({ box, kinesis, letters: letters.filter(({ slip }) => box.isApart?.(slip) !== true) });
    } finally {
      await box.close();
    }
  } finally {
    await (await opened?.catch(() => undefined))?.close();
  }
}
