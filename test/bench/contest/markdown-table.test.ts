import { expect, it } from 'vitest';
import { markdownTable } from './markdown-table.ts';

it('aligns columns: text to the left, numbers to the right', () => {
  expect(
    markdownTable(
      ['what', 'ms'],
      [
        ['a', '12.5'],
        ['naïve', '7'],
      ],
    ),
  ).toBe(['| what  |   ms |', '| ----- | ---: |', '| a     | 12.5 |', '| naïve |    7 |'].join('\n'));
});
