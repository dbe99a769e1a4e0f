import { promisify } from 'node:util';
import type { ReducerClient, ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import { createReducerClient, reducerService } from '@atelier/proto/services';
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';

/** A real server of the data plane whose handlers are the test's, and a client of it. */
export class ReducerPeer implements Disposable {
  readonly client: ReducerClient;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.client = createReducerClient(`127.0.0.1:${port}`);
  }

  static async start(handlers: Partial<ReducerHandlers>): Promise<ReducerPeer> {
    const server = new Server();
    server.addService(reducerService, handlers as UntypedServiceImplementation);
    const bind = promisify(server.bindAsync.bind(server));
    return new ReducerPeer(server, await bind('127.0.0.1:0', ServerCredentials.createInsecure()));
  }

  [Symbol.dispose](): void {
    this.client.close();
    this.#server.forceShutdown();
  }
}
