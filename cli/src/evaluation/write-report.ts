import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeasuredRuns } from '@atelier/worker/evaluate/evaluate-runs';
import type { ShownPair } from '@atelier/worker/evaluate/measure-rows';
import type { Tile } from '@atelier/worker/sample/grid';
import { type PagePair, reportPage } from './report-page.ts';

/** Writes evaluation.json and evaluation.html into the folder. @returns the page's path */
export async function writeReport(folder: string, { report, shown }: MeasuredRuns): Promise<string> {
  const page = join(folder, 'evaluation.html');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'evaluation.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(page, reportPage(report, await Promise.all(shown.map(pagePairOf))));
  return page;
}

async function pagePairOf({ content, style, rows }: ShownPair): Promise<PagePair> {
  const painted = rows.map(async ({ name, tile }) => ({ name, url: await dataUrlOf(tile) }));
  return {
    content: await dataUrlOf(content),
    style: await dataUrlOf(style),
    rows: await Promise.all(painted),
  };
}

async function dataUrlOf(tile: Tile): Promise<string> {
  const { encodePng } = await import('@atelier/worker/sample/png');
  const { imageOf } = await import('@atelier/worker/sample/grid');
  return `data:image/png;base64,${Buffer.from(await encodePng(imageOf(tile))).toString('base64')}`;
}
