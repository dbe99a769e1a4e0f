import { availableParallelism } from 'node:os';
import type { ContestResult } from './contest.ts';
import { markdownTable } from './markdown-table.ts';
import type { ProcessorMs, WorkerSeconds } from './paced-cluster.ts';
import { sumOf } from './statistics.ts';

/** Shares of the workers' time, by their own clocks. */
export function partsText(results: readonly ContestResult[]): string {
  const table = markdownTable(
    [
      'share of the time',
      'in the compute thread',
      'compute',
      'transfer',
      'reading data',
      'waiting',
      'outside the thread',
    ],
    results.map(({ width, blocks }) => {
      const workers = blocks.map((block) => block.workers);
      const of = (pick: (seconds: WorkerSeconds) => number) => sumOf(workers.map(pick));
      const total = of(({ parts }) => sumOf(Object.values(parts)));
      const share = (seconds: number) => `${((100 * seconds) / total).toFixed(1)}%`;
      const inThread = of((seconds) => seconds.inThread);
      return [
        `C=${width}`,
        share(inThread),
        ...['compute', 'transfer', 'data', 'wait'].map((part) => share(of(({ parts }) => parts[part] ?? 0))),
        `**${share(total - inThread)}**`,
      ];
    }),
  );
  return `What the workers did with their time, by their own clocks:\n\n${table}\n\n${processorText(results)}`;
}

function processorText(results: readonly ContestResult[]): string {
  const table = markdownTable(
    ['ms of an iteration', 'coordinator', "workers' main threads", "workers' other threads", 'of all cores'],
    results.map(({ width, oursMs, blocks }) => {
      const mean = (pick: (processor: ProcessorMs) => number) =>
        sumOf(blocks.map(({ processor }) => pick(processor))) / blocks.length;
      const [coordinator, main, others] = [
        mean((processor) => processor.coordinator),
        mean(({ workersMain }) => workersMain),
        mean(({ workersOthers }) => workersOthers),
      ];
      const all = `${((100 * (coordinator + main + others)) / (availableParallelism() * oursMs)).toFixed(0)}%`;
      return [`C=${width}`, coordinator.toFixed(1), main.toFixed(1), others.toFixed(1), all];
    }),
  );
  return `Processor time (the other threads are the compute threads, TensorFlow's and V8's):\n\n${table}`;
}
