import { promisify } from 'node:util';
import type { ReducerMessage } from '@atelier/proto/generated/atelier/v1/ReducerMessage';
import type { ReducerOrderInput } from '@atelier/proto/generated/atelier/v1/ReducerOrder';
import { reducersService } from '@atelier/proto/services';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { AttachClient, type ReducerOutcome } from './attach-client.ts';

/** How it ends for a reducer that is given these orders. */
async function outcomeOf(...orders: readonly ReducerOrderInput[]): Promise<ReducerOutcome> {
  const server = new Server();
  server.addService(reducersService, {
    Attach: (call: ServerDuplexStream<ReducerMessage, ReducerOrderInput>) => {
      call.once('data', () => {
        for (const order of orders) call.write(order);
        call.end();
      });
    },
  });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  const hello = { reducerId: 'r-1', name: 'r', address: '127.0.0.1:1', protocolVersion: 1 };
  const client = new AttachClient(`127.0.0.1:${port}`, hello, { log: pino({ level: 'silent' }) });
  try {
    return await client.run();
  } finally {
    client.close();
    server.forceShutdown();
  }
}

it('ends as the coordinator says', async () => {
  const refused = { code: 'no-reducers', message: 'the run has none' };
  expect(await outcomeOf({ refused })).toEqual({ kind: 'refused', ...refused });
  expect(await outcomeOf({ accepted: { step: 3 } }, { drained: {} })).toEqual({ kind: 'drained' });
  const stop = { reason: 'the run is complete', reconnect: false };
  expect(await outcomeOf({ stop })).toEqual({ kind: 'over', reason: stop.reason });
});

it('holds nothing for a coordinator whose orders it does not know', async () => {
  // What a newer one means stands under a name that is not read here: to this program the order says nothing.
  expect(await outcomeOf({ accepted: { step: 3 } }, {}, { drained: {} })).toMatchObject({
    kind: 'refused',
    code: 'unknown-message',
  });
});
