/** Lines of at most `width` characters, broken at spaces; a longer word stays whole, so that it can be copied. */
export function wrapLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    const indent = /^ */.exec(paragraph)?.[0] ?? '';
    let line = '';
    for (const word of paragraph.trim().split(' ')) {
      if (line !== '' && indent.length + line.length + 1 + word.length > width) {
        lines.push(indent + line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(indent + line);
  }
  return lines;
}

export function wrap(text: string, width: number, indent = ''): string {
  return wrapLines(text, width - indent.length)
    .map((line) => `${indent}${line}`)
    .join('\n');
}
