import { metricNames, metricWords } from '@atelier/shared/evaluation/metric-names';
import type { EvaluationReport } from '@atelier/worker/evaluate/report';
import { barsText, measuredText, rowName, valueText } from './metric-words.ts';

/** A pair's pictures as data URLs: content, style, then one for each row that paints. */
export interface PagePair {
  readonly content: string;
  readonly style: string;
  readonly rows: readonly { readonly name: string; readonly url: string }[];
}

/** The report as one HTML file that needs nothing else: the table, and pairs side by side. */
export function reportPage(report: EvaluationReport, pairs: readonly PagePair[]): string {
  const runs = report.rows.filter(({ bars }) => bars !== undefined);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Evaluation</title>
<style>${STYLE}</style>
<h1>Evaluation</h1>
${measuredText(report)
  .map((line) => `<p>${escaped(line)}</p>`)
  .join('\n')}
${tableOf(report)}
${runs.map((row) => `<p>${escaped(barsText(row))}</p>`).join('\n')}
<h2>The first ${pairs.length} pairs</h2>
${gridOf(pairs)}
</html>
`;
}

function tableOf({ rows }: EvaluationReport): string {
  const heads = metricNames.map(
    (metric) => `<th scope="col">${metricWords[metric].head} ${metricWords[metric].better}</th>`,
  );
  const lines = rows.map((row) => {
    const missed = new Set(row.bars?.filter(({ isMet }) => !isMet).map(({ metric }) => metric));
    const met = new Set(row.bars?.filter(({ isMet }) => isMet).map(({ metric }) => metric));
    const cells = metricNames.map((metric) => {
      const state = met.has(metric) ? ' class="met"' : missed.has(metric) ? ' class="missed"' : '';
      return `<td${state}>${valueText(row, metric)}</td>`;
    });
    return `<tr class="${row.kind}"><th scope="row">${escaped(rowName(row))}</th>${cells.join('')}</tr>`;
  });
  return `<table><tr><td></td>${heads.join('')}</tr>\n${lines.join('\n')}</table>`;
}

function gridOf(pairs: readonly PagePair[]): string {
  const [first] = pairs;
  if (first === undefined) return '';
  const heads = ['content', 'style', ...first.rows.map(({ name }) => name)];
  const lines = pairs.map(({ content, style, rows }) => {
    const pictures = [content, style, ...rows.map(({ url }) => url)];
    const cells = pictures.map((url, i) => `<td><img src="${url}" alt="${escaped(heads[i] ?? '')}"></td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  const headCells = heads.map((head) => `<th scope="col">${escaped(head)}</th>`);
  return `<table class="pictures"><tr>${headCells.join('')}</tr>\n${lines.join('\n')}</table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; color: #1d1d1f; background: #fbfbfa }
  p { margin: .2rem 0 }
  table { border-collapse: collapse; margin: 1rem 0 }
  th, td { padding: .25rem .7rem; text-align: right; font-variant-numeric: tabular-nums }
  th { text-align: left; font-weight: 600 }
  tr.run, tr.runs { background: #eef2f8; font-weight: 600 }
  td.met { color: #15662f }
  td.missed { color: #a11616 }
  .pictures td, .pictures th { padding: 2px; text-align: center; max-width: 7rem; font-size: 12px }
  .pictures th { width: 96px }
  img { width: 96px; height: 96px; image-rendering: pixelated; display: block; margin: 0 auto }
  @media (prefers-color-scheme: dark) {
    body { color: #e8e8ea; background: #17171a }
    tr.run, tr.runs { background: #23272f }
    td.met { color: #7fd897 }
    td.missed { color: #ff8f8f }
  }
`;
