import { readOrderNumbers } from './order-numbers-csv.js';

const numbersOf = (file: string | Uint8Array) => {
  const read = readOrderNumbers(file);
  return read.kind === 'numbers' ? read.numbers : read.what;
};

describe('order numbers of a CSV', () => {
  it.each<[string, string, string[]]>([
    ['one column', '1001\n1002\n', ['1001', '1002']],
    ['a byte order mark, carriage returns and quotes', '\ufeff"order"\r\n"1001"\r\n"A-7"\r\n', ['1001', 'A-7']],
    ['a head among other columns', 'name;Number;total\nEve;1001;3,50\nBob;1002;2\n', ['1001', '1002']],
    ['commas and a comma within quotes', 'order,name\n1001,"Sample, Eve"\n', ['1001']],
    ['tabs', 'id\tx\n7\ty', ['7']],
    ['blank lines, blanks and signs before numbers', '\n #1001 \n\n1002\n\n', ['1001', '1002']],
    ['a number that comes twice', '1001\n1001\n', ['1001']],
  ])('are read with %s', (_what, text, numbers) => {
    expect(numbersOf(text)).toEqual(numbers);
  });

  it('tell how many lines repeat one', () => {
    expect(readOrderNumbers('1\n2\n1\n1\n')).toEqual({ kind: 'numbers', numbers: ['1', '2'], repeated: 2 });
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a formula', 'order\n1001\n"=HYPERLINK(""x"")"\n', 'line 3 of the CSV holds a formula'],
    ['formulas', '+1\n-1\n@x\n=1\n=2\n=3\n', 'lines 1, 2, 3, 4, 5 and 1 more of the CSV hold a formula'],
    ['a quote that is not closed', 'order\n"1001\n1002\n', 'the CSV breaks off at line'],
    ['a quote within a cell', 'order\n10"01\n', 'the CSV breaks off at line 2'],
    ['several columns without a head', 'Eve,1001\nBob,1002\n', 'several columns, and none is headed'],
    ['a line without a number', 'order,name\n1001,Eve\n,Bob\n', 'line 3 of the CSV holds no order number'],
    ['a head and nothing else', 'order\n', 'names no order'],
    ['nothing', '', 'names no order'],
    ['a spreadsheet’s own format', new Uint8Array([0x50, 0x4b, 0x03, 0x04, 0xff, 0xfe]), 'is not UTF-8 text'],
    ['UTF-16', new Uint8Array([0x31, 0x00, 0x30, 0x00]), 'what is no order number'],
    ['a whole sentence', 'x'.repeat(65), 'what is no order number'],
    ['more lines than a person looks at', '1\n'.repeat(50_001) + '2\n', 'more than 50000 lines'],
  ])('are refused whole with %s', (_what, file, text) => {
    expect(numbersOf(file)).toContain(text);
  });

  it('50,000 lines are read in well under a second or two', () => {
    const text = `order\n${Array.from({ length: 50_000 }, (_, at) => `"${at + 1}"`).join('\n')}\n`;
    const startedAt = performance.now();
    expect(numbersOf(text)).toHaveLength(50_000);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
