export type Colour = (text: string) => string;

export interface Paint {
  readonly bold: Colour;
  readonly dim: Colour;
  readonly red: Colour;
  readonly green: Colour;
  readonly yellow: Colour;
}

const ESCAPE = '\u001b[';

function colour(enabled: boolean, on: number, off: number): Colour {
  return enabled ? (text) => `${ESCAPE}${on}m${text}${ESCAPE}${off}m` : (text) => text;
}

export function createPaint(enabled: boolean): Paint {
  return {
    bold: colour(enabled, 1, 22),
    dim: colour(enabled, 2, 22),
    red: colour(enabled, 31, 39),
    green: colour(enabled, 32, 39),
    yellow: colour(enabled, 33, 39),
  };
}
