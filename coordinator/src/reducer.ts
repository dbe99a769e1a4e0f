import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { Deferred } from '@atelier/shared/async/deferred';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Logger } from 'pino';
import { AttachClient, type ReducerOutcome } from './grpc/attach-client.ts';
import { SlicesGrpcServer } from './grpc/slices-grpc-server.ts';
import { ReducerHttpServer } from './http/reducer-http-server.ts';
import { reducerRegistryOf } from './reducers/reducer-metrics.ts';
import { SliceHolder } from './reducers/slice-holder.ts';

export interface ReducerOptions {
  /** host:port */
  readonly coordinator: string;
  /** Default: the host's name and the process id. */
  readonly name?: string | undefined;
  /** host:port to listen on; port 0 takes a free one. Default: 127.0.0.1:0. */
  readonly listen?: string | undefined;
  /** host:port where workers and coordinator reach it. Default: where it listens. */
  readonly advertise?: string | undefined;
  /** host:port to serve /metrics, /healthz and /readyz at; port 0 takes a free one. Default: nowhere. */
  readonly metrics?: string | undefined;
}

/**
 * A reducer process's whole life: it offers itself to a coordinator and holds the slice that it is given. It keeps nothing
 * that matters: whatever is lost with it is computed again from a checkpoint.
 */
export class Reducer {
  readonly #options: ReducerOptions;
  readonly #log: Logger;
  readonly #name: string;
  readonly #holder = new SliceHolder();
  readonly #finished = new Deferred<ReducerOutcome>();
  #attach: AttachClient | undefined;

  constructor(options: ReducerOptions, modules: { readonly log: Logger }) {
    this.#options = options;
    this.#name = options.name ?? `${hostname()}-${process.pid}`;
    this.#log = modules.log.child({ reducer: this.#name });
  }

  /** Resolves when everything is closed. Never rejects. */
  get finished(): Promise<ReducerOutcome> {
    return this.#finished.promise;
  }

  /** @throws HttpError 'not-listening', Error when the address to listen on is taken */
  async start(): Promise<void> {
    const { coordinator, listen = '127.0.0.1:0', metrics } = this.#options;
    const holder = this.#holder;
    const memory = new SharedMemory({
      onOff: (reason) => this.#log.warn({ reason }, 'shared memory is not available; all bytes go by gRPC'),
    });
    const server = new SlicesGrpcServer({ holder, log: this.#log, memory });
    const bound = await server.start(listen);
    const address = this.#options.advertise ?? bound;
    const http =
      metrics === undefined
        ? undefined
        : new ReducerHttpServer(metrics, {
            registry: reducerRegistryOf(this.#name, holder),
            isReady: () => holder.slice !== undefined,
          });
    const metricsAddress = await http?.start();
    this.#log.info({ address, listen: bound, metrics: metricsAddress }, 'listening');
    const reducerId = `${this.#name}-${randomBytes(4).toString('hex')}`;
    const hello = {
      reducerId,
      name: this.#name,
      address,
      protocolVersion: PROTOCOL_VERSION,
      memoryId: memory.id,
    };
    const attach = new AttachClient(coordinator, hello, { log: this.#log });
    this.#attach = attach;
    void attach.run().then((outcome) => {
      attach.close();
      server.stop();
      memory.close();
      holder.slice?.published.close();
      http?.stop();
      this.#log.info({ outcome: outcome.kind }, 'reducer ended');
      this.#finished.resolve(outcome);
    });
  }

  /** Leaves when what it holds is kept. Idempotent. */
  drain(reason: string): void {
    this.#log.info({ reason }, 'draining');
    this.#attach?.drain(reason);
  }

  /** Leaves now. Idempotent. */
  stop(): void {
    this.#attach?.halt();
  }
}
