/** Colours text for a terminal, or leaves it alone. */
export type Paint = (colour: Colour, text: string) => string;

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'bold' | 'dim';

export type ColourChoice = 'auto' | 'always' | 'never';

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  bold: [1, 22],
  dim: [2, 22],
};

export function createPaint(enabled: boolean): Paint {
  if (!enabled) return (_, text) => text;
  return (colour, text) => {
    const [open, close] = codes[colour];
    return `\u001b[${open}m${text}\u001b[${close}m`;
  };
}

/** Whether to colour: the flag decides, then FORCE_COLOR and NO_COLOR (https://no-color.org), then the terminal. */
export function wantsColour(
  choice: ColourChoice,
  env: Readonly<Record<string, string | undefined>>,
  isTTY: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return isTTY;
}

/** The same shard always has the same colour. */
export function colourOf(name: string): Colour {
  const palette = ['cyan', 'green', 'yellow', 'magenta', 'blue'] as const;
  let sum = 0;
  for (let index = 0; index < name.length; index++) sum = (sum * 31 + name.charCodeAt(index)) % 65_521;
  return palette[sum % palette.length] ?? 'cyan';
}
