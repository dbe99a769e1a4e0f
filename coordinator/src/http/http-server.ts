import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import { splitAddress, withPort } from '@atelier/shared/address';
import { getRequestListener } from '@hono/node-server';
import { type AppModules, createApp } from './create-app.ts';
import { HttpError } from './http-error.ts';
import { isLoopback } from './loopback.ts';

export interface HttpServerOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  /** What changes the run needs it. */
  readonly token: string;
}

/** The page of a run with what it shows, metrics and health, at one address. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;

  constructor(options: HttpServerOptions, modules: AppModules) {
    this.#options = options;
    const onlyLoopback = isLoopback(splitAddress(options.listen).host);
    const app = createApp({ onlyLoopback, token: options.token }, modules);
    // Requests and responses of the whole process stay Node's own.
    const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    this.#server = createServer((request, response) => void answer(request, response));
  }

  /** @returns the address in use. @throws HttpError 'not-listening' */
  async start(): Promise<string> {
    const { listen } = this.#options;
    this.#server.listen(splitAddress(listen));
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HttpError(
        'not-listening',
        `--http: cannot listen on ${listen} (${reason}): give another HOST:PORT, or end the program that uses this one`,
        { cause },
      );
    }
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return withPort(listen, port);
  }

  /** Lets open answers end, such as the streams that tell how the run ended; cuts them off after so long. */
  async stop(graceMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const deadline = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await promisify(this.#server.close.bind(this.#server))();
    clearTimeout(deadline);
  }
}
