import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freeAddress } from '../../harness/free-address.ts';
import { BenchProcess, TYPESCRIPT_FLAGS } from '../contest/bench-process.ts';

const SERVER = new URL('./bare-stream-server.ts', import.meta.url);
const CLIENT = new URL('./bare-stream-client.ts', import.meta.url);
const POLL_MS = 2;
const DEADLINE_MS = 60_000;

/** Clients that push and pull bytes over gRPC, and a server that does nothing with them: each a process. */
export class BareStream implements AsyncDisposable {
  readonly #folder: string;
  readonly #processes: readonly BenchProcess[];

  private constructor(folder: string, processes: readonly BenchProcess[]) {
    this.#folder = folder;
    this.#processes = processes;
  }

  static async start(numBytes: number, numClients: number): Promise<BareStream> {
    const folder = await mkdtemp(join(tmpdir(), 'bench-bare-'));
    const address = await freeAddress();
    const start = (name: string, entry: URL) =>
      new BenchProcess({
        name,
        command: process.execPath,
        args: [
          ...TYPESCRIPT_FLAGS,
          '--heap-growing-percent=1000',
          fileURLToPath(entry),
          address,
          String(numBytes),
        ],
        logFile: join(folder, `${name}.log`),
      });
    const server = start('server', SERVER);
    const clients = Array.from({ length: numClients }, (_, i) => start(`client-${i}`, CLIENT));
    const bare = new BareStream(folder, [server, ...clients]);
    await bare.#until(1, [server, ...clients]);
    return bare;
  }

  /** Seconds until every client has pushed and pulled everything once. */
  async exchange(): Promise<number> {
    const clients = this.#processes.slice(1);
    const numLines = clients[0]?.lines().length ?? 0;
    const start = performance.now();
    for (const client of clients) client.write('go');
    await this.#until(numLines + 1, clients);
    return (performance.now() - start) / 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.end('SIGKILL')));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #until(numLines: number, processes: readonly BenchProcess[]): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    for (const process of processes) {
      while (process.lines().length < numLines) {
        if (performance.now() > deadline)
          throw new Error(`a bare stream stands still:\n${process.logTail()}`);
        await sleep(POLL_MS);
      }
    }
  }
}
