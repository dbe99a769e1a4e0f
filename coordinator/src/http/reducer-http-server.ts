import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { splitAddress, withPort } from '@atelier/shared/address';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import { HttpError } from './http-error.ts';

export interface ReducerHttpModules {
  readonly registry: Registry;
  /** Whether it holds a slice of a run. */
  readonly isReady: () => boolean;
}

/** A reducer's /metrics, /healthz (it lives) and /readyz (it holds a slice). */
export class ReducerHttpServer {
  readonly #listen: string;
  readonly #server: Server;

  /** @param listen host:port; port 0 takes a free one */
  constructor(listen: string, { registry, isReady }: ReducerHttpModules) {
    this.#listen = listen;
    const app = new Hono();
    app.get('/metrics', async (context) =>
      context.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
    );
    app.get('/healthz', (context) => context.text('alive\n'));
    app.get('/readyz', (context) =>
      isReady()
        ? context.text('ready\n')
        : context.text('no run has assigned a slice to this reducer yet\n', 503),
    );
    const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    this.#server = createServer((request, response) => void answer(request, response));
  }

  /** @returns the address in use. @throws HttpError 'not-listening' */
  async start(): Promise<string> {
    this.#server.listen(splitAddress(this.#listen));
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const advice = `--metrics: cannot listen on ${this.#listen} (${reason}): give another HOST:PORT, or end the program that uses this one`;
      throw new HttpError('not-listening', advice, { cause });
    }
    const address = this.#server.address();
    return withPort(this.#listen, typeof address === 'object' ? address?.port : undefined);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
