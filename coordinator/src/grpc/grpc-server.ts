import { promisify } from 'node:util';
import { channelOptions } from '@atelier/proto/channel-options';
import { operatorService, reducerService, reducersService, trainingService } from '@atelier/proto/services';
import { withPort } from '@atelier/shared/address';
import { ignore } from '@atelier/shared/async/ignoring';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { type AttachModules, createReducersHandlers } from './attach-server.ts';
import { ListenError } from './listen-error.ts';
import { createOperatorHandlers, type OperatorServerModules } from './operator-server.ts';
import { createReducerHandlers, type ReducerModules } from './reducer-server.ts';
import { createTrainingHandlers, type TrainingModules } from './training-server.ts';

/** To `grpc.health.v1`: where an operator is answered. The name '' is the server as workers need it. */
const OPERATOR = 'atelier.v1.Operator';

/** Every service of the coordinator, and `grpc.health.v1`, at one address. */
export class GrpcServer {
  readonly #server = new Server(channelOptions);
  readonly #health = new HealthImplementation({ '': 'NOT_SERVING', [OPERATOR]: 'NOT_SERVING' });

  constructor(modules: TrainingModules & ReducerModules & OperatorServerModules & AttachModules) {
    this.#server.addService(trainingService, createTrainingHandlers(modules));
    this.#server.addService(reducerService, createReducerHandlers(modules));
    this.#server.addService(reducersService, createReducersHandlers(modules));
    this.#server.addService(operatorService, createOperatorHandlers(modules));
    this.#health.addToServer(this.#server);
  }

  /** @param listen host:port; port 0 takes a free one. @returns the address in use. @throws ListenError */
  async start(listen: string): Promise<string> {
    const bind = promisify(this.#server.bindAsync.bind(this.#server));
    const port = await bind(listen, ServerCredentials.createInsecure()).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ListenError(
        'not-listening',
        `--listen: cannot listen on ${listen} (${reason}): give another HOST:PORT, or end the program that uses this one`,
        { cause },
      );
    });
    this.#health.setStatus('', 'SERVING');
    this.#health.setStatus(OPERATOR, 'SERVING');
    return withPort(listen, port);
  }

  /** Workers find no work here any more; what an operator asks is still answered. */
  withdraw(): void {
    this.#health.setStatus('', 'NOT_SERVING');
  }

  /** Lets open calls finish for so long, then cuts them off. */
  async stop(graceMs: number): Promise<void> {
    this.#health.setStatus(OPERATOR, 'NOT_SERVING');
    const deadline = setTimeout(() => this.#server.forceShutdown(), graceMs);
    await promisify(this.#server.tryShutdown.bind(this.#server))().catch((error: unknown) => {
      ignore(error, 'what is still open is cut off');
      this.#server.forceShutdown();
    });
    clearTimeout(deadline);
  }
}
