/** `1003`, and `1003 (reprint R2)` for the hand-off of a reprint, which commands take as `1003-R2`. */
export function orderName({ number, copy }: { readonly number: string; readonly copy: number }): string {
  return copy === 1 ? number : `${number} (reprint R${copy})`;
}
