import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContestResult, contest } from '../contest/contest.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { partsText } from '../contest/parts-text.ts';
import { peerPython } from '../contest/peer-environment.ts';
import { pictureFile } from '../contest/pictures.ts';
import { transportText } from '../contest/transport.ts';
import type { Bench } from './bench.ts';

export const WIDTHS = [64, 32] as const;

export const stepBench: Bench = {
  name: 'step',
  about: "one worker's iteration in the whole system, beside PyTorch eager",
  async run({ isQuick }) {
    const python = await peerPython('cpu');
    const pictures = await pictureFile(join(tmpdir(), 'atelier-bench-pictures'));
    const pace = isQuick ? { numBlocks: 2, iterationsPerBlock: 4 } : { numBlocks: 6, iterationsPerBlock: 10 };
    const results: ContestResult[] = [];
    for (const width of WIDTHS)
      results.push(await contest({ python, pictures, width, numProcesses: 1, ...pace }));
    return {
      name: 'step',
      title: 'One worker',
      markdown: [transportText(), stepTable(results, 'PyTorch eager'), partsText(results)].join('\n\n'),
      data: results,
    };
  },
};

export function stepTable(results: readonly ContestResult[], peer: string): string {
  return markdownTable(
    ['dcgan-32, 32 images', 'Atelier, ms', `${peer}, ms`, 'times as fast', 'iterations each'],
    results.map(({ width, oursMs, peerMs, ratio, numIterations }) => [
      `C=${width}`,
      oursMs.toFixed(1),
      peerMs.toFixed(1),
      `**${ratio.toFixed(2)}**`,
      String(numIterations),
    ]),
  );
}
