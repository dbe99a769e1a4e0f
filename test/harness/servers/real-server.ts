import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CodedError } from '@atelier/shared/errors/coded-error';
import { guard } from './guard.ts';
import { providedProgram } from './provided-program.ts';
import { ServerContainer } from './server-container.ts';
import type { ServerCommand, ServerHost } from './server-host.ts';
import { ServerProcess } from './server-process.ts';
import type { TestServer } from './test-server.ts';

/** Only a machine that is much too busy, or a fault, comes near it. */
const START_DEADLINE_MS = 60_000;
const POLL_MS = 25;

export class TestServerError extends CodedError<'test-server-failed'> {
  constructor(message: string, options?: ErrorOptions) {
    super('test-server-failed', message, options);
  }
}

/** What all the test servers share. */
export class RealServer implements TestServer {
  readonly #folder: string;
  readonly #host: ServerHost;
  readonly #healthUrl: string;

  /**
   * @param healthUrl answers with 200 when the server is ready, and not before
   */
  constructor(name: 'nats' | 'minio' | 'prometheus', command: ServerCommand, healthUrl: string) {
    const program = providedProgram(name);
    this.#folder = command.folder;
    this.#healthUrl = healthUrl;
    this.#host =
      program.way === 'container'
        ? new ServerContainer(program, command)
        : new ServerProcess(program, command);
  }

  get description(): string {
    return this.#host.description;
  }

  kill(): Promise<void> {
    return this.#host.kill();
  }

  async restart(): Promise<void> {
    await this.#host.kill();
    await this.#host.start();
    await this.#untilHealthy();
  }

  freeze(): Promise<void> {
    return this.#host.freeze();
  }

  wake(): Promise<void> {
    return this.#host.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
    guard({ endedFolder: this.#folder });
  }

  async #untilHealthy(): Promise<void> {
    const deadline = performance.now() + START_DEADLINE_MS;
    while (!(await isHealthy(this.#healthUrl))) {
      const isLate = performance.now() > deadline;
      if (isLate || !(await this.#host.isAlive())) {
        const fault = isLate ? `does not answer after ${START_DEADLINE_MS / 1000} s` : 'ended while starting';
        throw new TestServerError(`${this.description} ${fault}. It printed:\n${await this.#host.logTail()}`);
      }
      await wait(POLL_MS);
    }
  }
}

/** A new folder for one server; it goes with the server, or else with this process. */
export async function newServerFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  guard({ folder });
  return folder;
}

/** The server when it answers. One that does not is disposed. */
export async function started<Server extends RealServer>(server: Server): Promise<Server> {
  try {
    await server.restart();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
