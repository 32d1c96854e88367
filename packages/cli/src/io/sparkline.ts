const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A series as a line of blocks, from 0 to its highest; a gap where there is no value. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const highest = Math.max(0, ...values.map((value) => value ?? 0));
  return values
    .map((value) => {
      if (value === undefined) return ' ';
      const step = highest === 0 ? 0 : Math.round((Math.max(0, value) / highest) * (blocks.length - 1));
      return blocks[step] ?? ' ';
    })
    .join('');
}

/** How much of a whole is used, as a bar of `width`. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
