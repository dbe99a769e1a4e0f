export type Alignment = 'left' | 'right';

/**
 * A Markdown table with its columns aligned, as the formatter would leave it. The first column is text, the others
 * are numbers, unless said otherwise.
 */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = head.map((_, i) => (i === 0 ? 'left' : 'right')),
): string {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...rows.map((row) => row[i] ?? '')].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => padded(cells[i] ?? '', width, alignments[i] ?? 'left')).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    alignments[i] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function padded(text: string, width: number, alignment: Alignment): string {
  const padding = ' '.repeat(width - text.length);
  return alignment === 'right' ? padding + text : text + padding;
}
