import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { splitAddress, withPort } from '@atelier/shared/address';
import type { Registry } from 'prom-client';
import { WorkerError } from '../loaded-run/worker-error.ts';

export interface MetricsServerModules {
  readonly registry: Registry;
  /** Whether a coordinator has let this worker in, or has nothing to do for it. */
  readonly isReady: () => boolean;
}

/**
 * A worker's /metrics, /healthz (it lives) and /readyz (it is in a run, or waits for the next one). In the main thread, which no computation
 * holds up.
 */
export class MetricsServer {
  readonly #address: string;
  readonly #modules: MetricsServerModules;
  readonly #server: Server;

  /** @param address host:port; port 0 takes a free one */
  constructor(address: string, modules: MetricsServerModules) {
    this.#address = address;
    this.#modules = modules;
    this.#server = createServer((request, response) => void this.#answer(request.url ?? '/', response));
  }

  /** @returns the address in use. @throws WorkerError 'metrics-address' */
  async start(): Promise<string> {
    try {
      this.#server.listen(splitAddress(this.#address));
      await once(this.#server, 'listening');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const advice = `--metrics: cannot listen on ${this.#address} (${reason}): give another HOST:PORT, or end the program that uses this one`;
      throw new WorkerError('metrics-address', advice, { cause });
    }
    const bound = this.#server.address();
    const port = typeof bound === 'object' ? bound?.port : undefined;
    return withPort(this.#address, port);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = promisify(this.#server.close.bind(this.#server))();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    const { registry, isReady } = this.#modules;
    const end = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    switch (path.split('?')[0]) {
      case '/metrics':
        return end(200, await registry.metrics(), registry.contentType);
      case '/healthz':
        return end(200, 'alive\n');
      case '/readyz':
        return isReady() ? end(200, 'ready\n') : end(503, 'no coordinator has admitted this worker yet\n');
      default:
        return end(404, 'not found; this server has /metrics, /healthz and /readyz\n');
    }
  }
}
