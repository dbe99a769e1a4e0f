import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

export interface PacedPeerOptions {
  readonly python: string;
  readonly width: number;
  /** Images of each process. */
  readonly batch: number;
  readonly pictures: string;
  /** 1: PyTorch eager; more: DDP. */
  readonly numProcesses: number;
  readonly device?: 'cpu' | 'cuda';
}

const answerSchema = z.union([
  z.object({ ready: z.literal(true), torch: z.string(), parameters: z.number() }),
  z.object({ seconds: z.array(z.number()), peak_rss_kib: z.number() }),
]);
type Answer = z.infer<typeof answerSchema>;

/** PyTorch processes that train in blocks, as peers/paced.py does, and stand still between them. */
export class PacedPeer implements AsyncDisposable {
  readonly #ranks: readonly Rank[];
  readonly #rendezvous: string;
  #peakRssMib: readonly number[] = [];

  private constructor(ranks: readonly Rank[], rendezvous: string) {
    this.#ranks = ranks;
    this.#rendezvous = rendezvous;
  }

  /** Resolves when all are ready and have trained for a few iterations. */
  static async start(options: PacedPeerOptions): Promise<PacedPeer> {
    const { python, width, batch, pictures, numProcesses, device = 'cpu' } = options;
    const rendezvous = join(tmpdir(), `bench-ddp-${process.pid}-${performance.now()}`);
    const args = ['--width', width, '--batch', batch, '--data', pictures];
    const ranks = Array.from({ length: numProcesses }, (_, rank) => {
      // Each has the GPU of its rank.
      const place = [
        '--device',
        device === 'cuda' ? `cuda:${rank}` : device,
        '--rank',
        rank,
        '--world-size',
        numProcesses,
        '--rendezvous',
        `file://${rendezvous}`,
      ];
      return new Rank(python, [join(PEERS, 'paced.py'), ...args.map(String), ...place.map(String)]);
    });
    const peer = new PacedPeer(ranks, rendezvous);
    try {
      await Promise.all(ranks.map((rank) => rank.answer()));
      await peer.block(3);
      return peer;
    } catch (error) {
      await peer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @returns the iterations' seconds, of the slowest process each */
  async block(numIterations: number): Promise<number[]> {
    for (const rank of this.#ranks) rank.ask(numIterations);
    const answers = await Promise.all(this.#ranks.map((rank) => rank.answer()));
    const blocks = answers.flatMap((answer) => ('seconds' in answer ? [answer] : []));
    this.#peakRssMib = blocks.map((block) => block.peak_rss_kib / 1024);
    return Array.from({ length: numIterations }, (_, i) =>
      Math.max(...blocks.map(({ seconds }) => seconds[i] ?? 0)),
    );
  }

  /** By rank, as of the last block. */
  get peakRssMib(): readonly number[] {
    return this.#peakRssMib;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#ranks.map((rank) => rank.end()));
    await rm(this.#rendezvous, { force: true });
  }
}

class Rank {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;

  constructor(python: string, args: readonly string[]) {
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    this.#process = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#exited = new Promise((resolve) => this.#process.once('close', resolve));
    // A process that is gone answers nothing, and that is heard below.
    this.#process.stdin.on('error', () => undefined);
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  ask(numIterations: number): void {
    this.#process.stdin.write(`${numIterations}\n`);
  }

  async answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('a PyTorch process ended early: see its message above');
    return answerSchema.parse(JSON.parse(value));
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
