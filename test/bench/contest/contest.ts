import { BATCH, dcganRun } from './dcgan-run.ts';
import { type Block, PacedCluster } from './paced-cluster.ts';
import { PacedPeer } from './paced-peer.ts';
import { medianOf } from './statistics.ts';

export interface ContestOptions {
  readonly python: string;
  readonly pictures: string;
  readonly width: number;
  /** Of workers as of PyTorch processes. */
  readonly numProcesses: number;
  readonly numBlocks: number;
  readonly iterationsPerBlock: number;
  readonly device?: 'cpu' | 'gpu';
}

export interface ContestResult {
  readonly width: number;
  readonly numProcesses: number;
  readonly oursMs: number;
  readonly peerMs: number;
  /** How many times as fast ours is. */
  readonly ratio: number;
  readonly numIterations: number;
  readonly oursSeconds: readonly number[];
  readonly peerSeconds: readonly number[];
  readonly blocks: readonly Block[];
  readonly oursPeakRssMib: Readonly<Record<string, number>>;
  readonly peerPeakRssMib: readonly number[];
}

/** Ours and PyTorch on the same task, a block of the one after a block of the other, each alone on the machine. */
export async function contest(options: ContestOptions): Promise<ContestResult> {
  const { python, pictures, width, numProcesses, numBlocks, iterationsPerBlock, device = 'cpu' } = options;
  const config = dcganRun({ width, virtualWorkers: numProcesses, pictures, device });
  await using ours = await PacedCluster.start({
    config,
    numWorkers: numProcesses,
    numPhases: 2,
    envOf: (worker) => (device === 'gpu' ? { CUDA_VISIBLE_DEVICES: String(worker) } : {}),
  });
  const place = device === 'gpu' ? 'cuda' : 'cpu';
  await using peer = await PacedPeer.start({
    python,
    width,
    batch: BATCH,
    pictures,
    numProcesses,
    device: place,
  });
  const blocks: Block[] = [];
  const peerSeconds: number[] = [];
  for (let block = 0; block < numBlocks; block++) {
    blocks.push(await ours.block(iterationsPerBlock));
    peerSeconds.push(...(await peer.block(iterationsPerBlock)));
  }
  const oursSeconds = blocks.flatMap(({ iterationSeconds }) => iterationSeconds);
  const [oursMs, peerMs] = [medianOf(oursSeconds) * 1000, medianOf(peerSeconds) * 1000];
  return {
    width,
    numProcesses,
    oursMs,
    peerMs,
    ratio: peerMs / oursMs,
    numIterations: oursSeconds.length,
    oursSeconds,
    peerSeconds,
    blocks,
    oursPeakRssMib: ours.peakRss(),
    peerPeakRssMib: peer.peakRssMib,
  };
}
