import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from '../benches/bench.ts';
import { imagesTable } from '../benches/cluster.ts';
import { stepTable, WIDTHS } from '../benches/step.ts';
import { type ContestResult, contest } from '../contest/contest.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { peerPython } from '../contest/peer-environment.ts';
import { pictureFile } from '../contest/pictures.ts';
import { GpuMonitor, type GpuUse, gpusOf } from './nvidia-smi.ts';

/** The benches `step` and `cluster` on GPUs, beside PyTorch on the same GPUs. */
export const gpuBench: Bench = {
  name: 'gpu',
  about: 'step, and with two GPUs cluster, on NVIDIA GPUs, beside PyTorch on CUDA; and how busy they are',
  async run({ isQuick }) {
    const gpus = gpusOf();
    const python = await peerPython('cuda');
    const pictures = await pictureFile(join(tmpdir(), 'atelier-bench-pictures'));
    const pace = isQuick
      ? { numBlocks: 2, iterationsPerBlock: 10 }
      : { numBlocks: 6, iterationsPerBlock: 100 };
    const uses: { readonly what: string; readonly use: GpuUse }[] = [];
    const measure = async (numProcesses: number): Promise<ContestResult[]> => {
      const results: ContestResult[] = [];
      for (const width of WIDTHS) {
        const monitor = new GpuMonitor();
        results.push(await contest({ python, pictures, width, numProcesses, device: 'gpu', ...pace }));
        uses.push(...monitor.stop().map((use) => ({ what: `${numProcesses} x C=${width}`, use })));
      }
      return results;
    };
    const steps = await measure(1);
    const clusters = gpus.length < 2 ? [] : await measure(2);
    const markdown = [
      `On ${gpus.join(', ')}.`,
      stepTable(steps, 'PyTorch eager, CUDA'),
      clusters.length === 0
        ? 'Two workers: not run, as that needs two GPUs (NCCL puts no two processes on one).'
        : imagesTable(clusters, 'PyTorch DDP (nccl)'),
      'Both sides together, over the whole time:',
      markdownTable(
        ['', 'GPU', 'busy', 'peak memory, MiB'],
        uses.map(({ what, use }) => [
          what,
          use.name,
          `${use.meanUtilization.toFixed(0)}%`,
          String(use.peakMemoryMib),
        ]),
      ),
    ];
    return {
      name: 'gpu',
      title: 'On GPUs',
      markdown: markdown.join('\n\n'),
      data: { steps, clusters, uses },
    };
  },
};
