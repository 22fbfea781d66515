export function figure(pieces: number | null): string {
  return pieces === null ? '–' : String(pieces);
}

export function signed(difference: number | null): string {
  return difference === null ? '–' : difference > 0 ? `+${difference}` : String(difference);
}
