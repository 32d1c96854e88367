import type { Queues } from '../aws/queues.ts';
import type { LetterBox, Slip } from './letter-box.ts';

/** A queue. What is read is out of sight until {@link LetterBox.close} gives it back, and counts as received once more. */
export function createQueueBox(queues: Queues, queueUrl: string): LetterBox {
  /** How a message is named to the queue, by its id. */
  const held = new Map<string, string>();
  return {
    async read(most, signal) {
      const slips: Slip[] = [];
      while (slips.length < most && !signal.aborted) {
        const messages = await queues.receive(queueUrl, Math.min(10, most - slips.length), { signal });
        if (messages.length === 0) break;
        for (const { id, receipt, body } of messages) {
          if (!held.has(id)) slips.push({ id, text: body });
          held.set(id, receipt);
        }
      }
      return slips;
    },
    async remove({ id }) {
      const receipt = held.get(id);
      if (receipt === undefined) return;
      await queues.delete(queueUrl, receipt);
      held.delete(id);
    },
    async close() {
      for (const receipt of held.values()) await queues.release(queueUrl, receipt);
      held.clear();
    },
  };
}
