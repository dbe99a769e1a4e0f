import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BATCH, dcganRun } from '../contest/dcgan-run.ts';
import { ElasticPeer } from '../contest/elastic-peer.ts';
import { usageOf } from '../contest/machine.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { peerPython } from '../contest/peer-environment.ts';
import { pictureFile } from '../contest/pictures.ts';
import { medianOf, sumOf } from '../contest/statistics.ts';
import { SupervisedTraining } from '../contest/supervised-training.ts';
import type { Bench } from './bench.ts';

const NUM_PROCESSES = 2;
const WIDTH = 64;
/** The memory is that after so many iterations. */
const ITERATIONS = 20;
const ENDLESS = 1_000_000;

interface Startup {
  /** From the command to the first step (ours) or iteration (the peer's). */
  readonly seconds: number;
  /** Peak, by process, MiB. */
  readonly memory: Readonly<Record<string, number>>;
}

export const startupBench: Bench = {
  name: 'startup',
  about: 'command to first step, and memory, beside torchrun with DDP',
  async run({ isQuick }) {
    const python = await peerPython('cpu');
    const pictures = await pictureFile(join(tmpdir(), 'atelier-bench-pictures'));
    const ours: Startup[] = [];
    const peers: Startup[] = [];
    for (let round = 0; round < (isQuick ? 1 : 3); round++) {
      ours.push(await startupOfOurs(pictures));
      peers.push(await startupOfPeer(python, pictures));
    }
    const row = (name: string, all: readonly Startup[]) => {
      const memory = all.at(-1)?.memory ?? {};
      return [
        name,
        medianOf(all.map(({ seconds }) => seconds)).toFixed(2),
        sumOf(Object.values(memory)).toFixed(0),
        Object.entries(memory)
          .map(([process, mib]) => `${process} ${mib.toFixed(0)}`)
          .join(', '),
      ];
    };
    const head = ['two processes, C=64', 'first step after, s', 'memory, MiB', 'peak of each process'];
    return {
      name: 'startup',
      title: 'Start and memory',
      markdown: [
        markdownTable(
          head,
          [row('atelier train', ours), row('torchrun', peers)],
          ['left', 'right', 'right', 'left'],
        ),
        `Median of ${ours.length}, alternating, with everything set up and in the file cache. Memory is resident; pages that processes share are counted in each.`,
      ].join('\n\n'),
      data: { ours, peers },
    };
  },
};

async function startupOfOurs(pictures: string): Promise<Startup> {
  const config = dcganRun({ width: WIDTH, virtualWorkers: NUM_PROCESSES, pictures });
  const began = Date.now();
  await using training = await SupervisedTraining.start(config, NUM_PROCESSES);
  const first = await training.until(() => true);
  await training.until(({ iteration }) => iteration >= ITERATIONS);
  const pids = { train: training.process.pid, ...(await training.pids()) };
  return { seconds: (Date.parse(first.time) - began) / 1000, memory: peaksOf(pids) };
}

async function startupOfPeer(python: string, pictures: string): Promise<Startup> {
  const options = {
    python,
    width: WIDTH,
    batch: BATCH,
    pictures,
    numProcesses: NUM_PROCESSES,
    every: ENDLESS,
  };
  const began = Date.now();
  await using peer = await ElasticPeer.start(options);
  const first = await peer.until(() => true);
  await peer.until(({ iteration }) => iteration >= ITERATIONS);
  const ranks = peer.progress.map(({ rank, pid }) => [`rank-${rank}`, pid] as const);
  return {
    seconds: first.at - began / 1000,
    memory: peaksOf({ torchrun: peer.process.pid, ...Object.fromEntries(ranks) }),
  };
}

function peaksOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, usageOf(pid).peakRssMib]));
}
