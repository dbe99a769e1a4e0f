import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { BenchProcess } from './bench-process.ts';
import { PEERS } from './paced-peer.ts';

const POLL_MS = 20;
const DEADLINE_MS = 180_000;

export interface ElasticPeerOptions {
  readonly python: string;
  readonly width: number;
  readonly batch: number;
  readonly pictures: string;
  readonly numProcesses: number;
  /** Iterations from checkpoint to checkpoint. */
  readonly every: number;
}

const progressSchema = z.object({ rank: z.number(), pid: z.number(), iteration: z.number(), at: z.number() });
/** An iteration that a rank has done; `at` in Unix seconds. */
export type PeerProgress = z.infer<typeof progressSchema>;

/** PyTorch DDP under torchrun, which starts the processes again when one of them dies (peers/elastic.py). */
export class ElasticPeer implements AsyncDisposable {
  readonly process: BenchProcess;
  readonly #folder: string;

  private constructor(process: BenchProcess, folder: string) {
    this.process = process;
    this.#folder = folder;
  }

  static async start(options: ElasticPeerOptions): Promise<ElasticPeer> {
    const { python, width, batch, pictures, numProcesses, every } = options;
    const folder = await mkdtemp(join(tmpdir(), 'bench-elastic-'));
    const torchrun = ['--standalone', '--nnodes=1', `--nproc-per-node=${numProcesses}`, '--max-restarts=3'];
    const script = ['--width', width, '--batch', batch, '--data', pictures, '--iterations', 1_000_000];
    const saving = ['--checkpoint', join(folder, 'checkpoint.pt'), '--every', every];
    const args = [
      '-m',
      'torch.distributed.run',
      ...torchrun,
      join(PEERS, 'elastic.py'),
      ...script,
      ...saving,
    ];
    const process = new BenchProcess({
      name: 'torchrun',
      command: python,
      args: args.map(String),
      logFile: join(folder, 'log'),
      // With torchrun's own store the started anew find the addresses of the dead there, and may wait for them for ever.
      env: { OMP_NUM_THREADS: '1', TORCH_DISABLE_SHARE_RDZV_TCP_STORE: '1' },
    });
    return new ElasticPeer(process, folder);
  }

  /** Of all ranks and lives, in the order written. */
  get progress(): PeerProgress[] {
    const lines = this.process.lines().filter((line) => line.startsWith('{"rank"'));
    return lines.map((line) => progressSchema.parse(JSON.parse(line)));
  }

  /** The first that fits. @throws Error after three minutes, with the end of its log */
  async until(fits: (progress: PeerProgress) => boolean): Promise<PeerProgress> {
    const deadline = performance.now() + DEADLINE_MS;
    while (performance.now() < deadline) {
      const found = this.progress.find(fits);
      if (found !== undefined) return found;
      await sleep(POLL_MS);
    }
    throw new Error(`torchrun stands still:\n${this.process.logTail()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // torchrun's processes have groups of their own: it ends them when it is told to end.
    await this.process.end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }
}
