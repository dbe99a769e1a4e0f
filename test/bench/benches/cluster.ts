import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContestResult, contest } from '../contest/contest.ts';
import { BATCH, dcganRun } from '../contest/dcgan-run.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { PacedCluster, type WorkerTraffic } from '../contest/paced-cluster.ts';
import { partsText } from '../contest/parts-text.ts';
import { peerPython } from '../contest/peer-environment.ts';
import { pictureFile } from '../contest/pictures.ts';
import { transportText } from '../contest/transport.ts';
import type { Bench } from './bench.ts';
import { WIDTHS } from './step.ts';

const NUM_WORKERS = 2;

export const clusterBench: Bench = {
  name: 'cluster',
  about:
    'images/s of a coordinator and two workers, beside PyTorch DDP with two processes; bytes on the wire',
  async run({ isQuick }) {
    const python = await peerPython('cpu');
    const pictures = await pictureFile(join(tmpdir(), 'atelier-bench-pictures'));
    const pace = isQuick ? { numBlocks: 2, iterationsPerBlock: 4 } : { numBlocks: 6, iterationsPerBlock: 10 };
    const results: ContestResult[] = [];
    for (const width of WIDTHS)
      results.push(await contest({ python, pictures, width, numProcesses: NUM_WORKERS, ...pace }));
    const traffic = await trafficOf(pictures, isQuick ? 3 : 10);
    const markdown = [
      transportText(),
      imagesTable(results, 'PyTorch DDP (gloo)'),
      partsText(results),
      'Payload of one worker and iteration at C=64:',
      traffic.markdown,
    ];
    return {
      name: 'cluster',
      title: 'Two workers',
      markdown: markdown.join('\n\n'),
      data: { results, traffic: traffic.data },
    };
  },
};

export function imagesTable(results: readonly ContestResult[], peer: string): string {
  return markdownTable(
    ['dcgan-32, 2 x 32 images', 'Atelier, images/s', `${peer}, images/s`, 'times as fast', 'iterations each'],
    results.map(({ width, numProcesses, oursMs, peerMs, ratio, numIterations }) => {
      const perSecond = (ms: number) => ((1000 * numProcesses * BATCH) / ms).toFixed(0);
      return [
        `C=${width}`,
        perSecond(oursMs),
        perSecond(peerMs),
        `**${ratio.toFixed(2)}**`,
        String(numIterations),
      ];
    }),
  );
}

async function trafficOf(pictures: string, numIterations: number) {
  const wires = ['f32', 'bf16'] as const;
  const data: Record<string, WorkerTraffic> = {};
  for (const wire of wires) {
    const config = dcganRun({ width: 64, virtualWorkers: NUM_WORKERS, pictures, wire });
    await using cluster = await PacedCluster.start({ config, numWorkers: NUM_WORKERS, numPhases: 2 });
    ({ traffic: data[wire] } = await cluster.block(numIterations));
  }
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
  const total = (wire: string) => (data[wire]?.sentBytes ?? 0) + (data[wire]?.receivedBytes ?? 0);
  const rows = wires.map((wire) => [
    `wire: ${wire}`,
    mib(data[wire]?.sentBytes ?? 0),
    mib(data[wire]?.receivedBytes ?? 0),
    `${(total(wire) / total('f32')).toFixed(3)}x`,
  ]);
  return { markdown: markdownTable(['', 'gradients, MiB', 'parameters, MiB', 'of f32'], rows), data };
}
