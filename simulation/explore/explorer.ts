// One process of the pool: runs the blocks it is sent, until it is sent no more.
import process from 'node:process';

import { explore, type Block } from './explore.ts';

process.on('message', (block: Block) => void answer(block));

async function answer(block: Block): Promise<void> {
  process.send?.(await explore(block));
}
