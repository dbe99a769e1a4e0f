import { DATASET_KINDS } from './dataset-kinds.ts';

const BEGINNING = '<!-- Written by deploy/generate.mjs from shared/src/datasets. -->\n';
const END = '<!-- End of what is written. -->';

/** The document with its table of kinds written anew. */
export function withDatasetTable(document: string): string {
  const start = document.indexOf(BEGINNING) + BEGINNING.length;
  const end = document.indexOf(END);
  if (start < BEGINNING.length || end < start)
    throw new Error(`no place for the table of data sets: ${BEGINNING}`);
  return `${document.slice(0, start)}\n${datasetTable()}\n${document.slice(end)}`;
}

/** In Markdown, with columns of one width. */
function datasetTable(): string {
  const rows = DATASET_KINDS.map(({ name, summary, fields, spelling }) => [
    `\`${name}\``,
    summary.replace(/\.$/, ''),
    Object.keys(fields)
      .map((field) => `\`${field}\``)
      .join(', '),
    `\`${spelling.replaceAll('|', '` or `')}\``,
  ]);
  const header = ['kind', 'what it is', 'fields in a config', 'on the command line'];
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return [header, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('');
}
