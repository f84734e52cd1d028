import { expect, it } from 'vitest';
import { csvOf } from './csv';

it('writes amounts beside their currency and never alone', () => {
  const rows = [{ name: 'Ann', pay: { amount: '-12.50', currency: 'USD' } }, { name: 'Bo', pay: undefined }];
  expect(csvOf([{ head: 'Name', cell: (r) => r.name }, { head: 'Pay', cell: (r) => r.pay }], rows)).toBe('Name,Pay,Pay currency\r\nAnn,-12.50,USD\r\nBo,,\r\n');
});

it('quotes what would break a line and disarms formulas', () => {
  const cells = ['a,b', 'say "hi"', 'two\nlines', '=HYPERLINK("x")', '@SUM(1)', '-5', '+1 555'];
  expect(csvOf([{ head: 'Text', cell: (r: string) => r }], cells)).toBe(
    ['Text', '"a,b"', '"say ""hi"""', '"two\nlines"', `"'=HYPERLINK(""x"")"`, "'@SUM(1)", '-5', "'+1 555", ''].join('\r\n'),
  );
});
