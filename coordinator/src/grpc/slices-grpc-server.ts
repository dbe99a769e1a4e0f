import { promisify } from 'node:util';
import { channelOptions } from '@atelier/proto/channel-options';
import { reducerService, slicesService } from '@atelier/proto/services';
import { withPort } from '@atelier/shared/address';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { createSliceReducerHandlers, createSlicesHandlers, type SlicesModules } from './slices-server.ts';

/** Every service of a reducer process, and `grpc.health.v1`, at one address. */
export class SlicesGrpcServer {
  readonly #server = new Server(channelOptions);
  readonly #health = new HealthImplementation({ '': 'NOT_SERVING' });

  constructor(modules: SlicesModules) {
    this.#server.addService(slicesService, createSlicesHandlers(modules));
    this.#server.addService(reducerService, createSliceReducerHandlers(modules));
    this.#health.addToServer(this.#server);
  }

  /** @param listen host:port; with port 0 a free one is taken. @returns the address in use */
  async start(listen: string): Promise<string> {
    const bind = promisify(this.#server.bindAsync.bind(this.#server));
    const port = await bind(listen, ServerCredentials.createInsecure());
    this.#health.setStatus('', 'SERVING');
    return withPort(listen, port);
  }

  /** Cuts off what is open: a reducer that stops holds nothing that anybody may still want. */
  stop(): void {
    this.#health.setStatus('', 'NOT_SERVING');
    this.#server.forceShutdown();
  }
}
