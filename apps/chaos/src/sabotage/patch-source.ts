/** @throws where the text is not there exactly once: the code has moved on, and the switch would do nothing. */
export function patchSource(source: string, patch: { module: string; find: string; replace: string }): string {
  const found = source.split(patch.find).length - 1;
  if (found !== 1)
    throw new Error(`A sabotage is out of step with ${patch.module}: found ${found} times: ${patch.find}`);
  return source.replace(patch.find, () => patch.replace);
}
