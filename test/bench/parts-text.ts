import type { ContestResult } from './contest.ts';
import { markdownTable } from './markdown-table.ts';
import type { WorkerSeconds } from './paced-cluster.ts';
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
  return `What the workers did with their time, by their own clocks:\n\n${table}`;
}
