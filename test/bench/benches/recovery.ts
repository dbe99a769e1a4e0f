import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BATCH, dcganRun } from '../contest/dcgan-run.ts';
import { ElasticPeer } from '../contest/elastic-peer.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { peerPython } from '../contest/peer-environment.ts';
import { pictureFile } from '../contest/pictures.ts';
import { medianOf } from '../contest/statistics.ts';
import { SupervisedTraining } from '../contest/supervised-training.ts';
import type { Bench } from './bench.ts';

const NUM_PROCESSES = 2;
const WIDTH = 64;
/** Iterations between checkpoints; the kill comes in the middle, so that the loss is the mean one. */
const EVERY = 40;
const KILL_AT = 1.5 * EVERY;

interface Recovery {
  /** From the kill to the next step that the killed process had no part in. */
  readonly nextStepSeconds: number;
  /** From the kill until all processes take part again and nothing is computed a second time. */
  readonly wholeSeconds: number;
  /** In virtual workers of a step (ours) and in whole iterations (torchrun's). */
  readonly lost: number;
}

export const recoveryBench: Bench = {
  name: 'recovery',
  about:
    "a worker SIGKILLed: seconds until the next step and until all is as before, beside torchrun's restart",
  async run({ isQuick }) {
    const python = await peerPython('cpu');
    const pictures = await pictureFile(join(tmpdir(), 'atelier-bench-pictures'));
    const ours: Recovery[] = [];
    const peers: Recovery[] = [];
    for (let round = 0; round < (isQuick ? 1 : 3); round++) {
      ours.push(await recoveryOfOurs(pictures));
      peers.push(await recoveryOfPeer(python, pictures));
    }
    const row = (name: string, all: readonly Recovery[], unit: string) => [
      name,
      medianOf(all.map(({ nextStepSeconds }) => nextStepSeconds)).toFixed(2),
      medianOf(all.map(({ wholeSeconds }) => wholeSeconds)).toFixed(2),
      `${Math.max(...all.map(({ lost }) => lost))} ${unit}`,
    ];
    const head = [
      'SIGKILL of one of two, C=64',
      'next step, s',
      'all as before, s',
      'computed again, at most',
    ];
    return {
      name: 'recovery',
      title: 'A worker is killed',
      markdown: [
        markdownTable(head, [
          row('Atelier', ours, 'blocks'),
          row(`torchrun, a checkpoint every ${EVERY} iterations`, peers, 'iterations of both'),
        ]),
        `Median of ${ours.length}, the kills alternating.`,
      ].join('\n\n'),
      data: { ours, peers },
    };
  },
};

async function recoveryOfOurs(pictures: string): Promise<Recovery> {
  const config = dcganRun({ width: WIDTH, virtualWorkers: NUM_PROCESSES, pictures, checkpointEvery: EVERY });
  await using training = await SupervisedTraining.start(config, NUM_PROCESSES);
  await training.until(({ iteration }) => iteration >= KILL_AT);
  const pid = (await training.pids())['worker-2'];
  if (pid === undefined) throw new Error('worker-2 is not there to be killed');
  const victim = training.journal.commits
    .flatMap(({ nodes }) => Object.values(nodes))
    .find((id) => id.startsWith('worker-2-'));
  process.kill(pid, 'SIGKILL');
  const at = Date.now();
  const sinceKill = ({ time }: { readonly time: string }) => (Date.parse(time) - at) / 1000;
  const next = await training.until(
    (commit) => sinceKill(commit) > 0 && !Object.values(commit.nodes).includes(victim ?? ''),
  );
  const whole = await training.until((commit) =>
    Object.values(commit.nodes).some((id) => id.startsWith('worker-2-') && id !== victim),
  );
  const lost = (await training.metrics()).value('atelier_coordinator_lost_leases_total') ?? Number.NaN;
  return { nextStepSeconds: sinceKill(next), wholeSeconds: sinceKill(whole), lost };
}

async function recoveryOfPeer(python: string, pictures: string): Promise<Recovery> {
  const options = { python, width: WIDTH, batch: BATCH, pictures, numProcesses: NUM_PROCESSES, every: EVERY };
  await using peer = await ElasticPeer.start(options);
  const { pid } = await peer.until(({ rank, iteration }) => rank === 1 && iteration >= KILL_AT);
  process.kill(pid, 'SIGKILL');
  const at = Date.now() / 1000;
  const isOld = new Set(peer.progress.map((progress) => progress.pid));
  const reached = Math.max(...peer.progress.map(({ iteration }) => iteration));
  const next = await peer.until((progress) => !isOld.has(progress.pid));
  const whole = await peer.until((progress) => !isOld.has(progress.pid) && progress.iteration > reached);
  return { nextStepSeconds: next.at - at, wholeSeconds: whole.at - at, lost: reached + 1 - next.iteration };
}
