import { promisify } from 'node:util';
import type { CoordinatorMessageInput } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { WorkerMessage } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import { trainingService } from '@atelier/proto/services';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import pino from 'pino';
import { afterEach, expect, it } from 'vitest';
import { ControlClient } from './control-client.ts';

type JoinCall = ServerDuplexStream<WorkerMessage, CoordinatorMessageInput>;

const log = pino({ level: 'silent' });
const hello = { workerId: 'w-1', name: 'w', host: 'here', pid: 1, protocolVersion: 1 };
const unaborted = new AbortController().signal;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(join: (call: JoinCall) => void, address = '127.0.0.1:0'): Promise<string> {
  const server = new Server();
  server.addService(trainingService, { Join: join });
  const port = await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());
  closers.push(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function clientOf(address: string): ControlClient {
  const client = new ControlClient({ address, connectTimeoutMs: 60_000 }, { log });
  closers.push(() => client.close());
  return client;
}

/** Says welcome to whoever says hello, and ends the stream when told to. */
function welcoming(call: JoinCall): void {
  call.on('data', (message: WorkerMessage) => {
    if (message.hello) call.write({ welcome: { sessionId: `of ${message.hello.workerId}` } });
    if (message.drainRequest) call.end();
  });
}

it('introduces itself and hears everything from the first answer to the end of the stream', async () => {
  const stream = await clientOf(await serve(welcoming)).connect(hello, unaborted);
  const heard = [];
  for await (const message of stream.messages) {
    heard.push(message.body);
    expect(message.welcome?.sessionId).toBe('of w-1');
    stream.send({ drainRequest: { reason: 'test' } });
  }
  expect(heard).toEqual(['welcome']);
});

it('ends the messages, without an error, when the connection is lost', async () => {
  const address = await serve((call) => {
    call.write({ welcome: {} });
    call.on('data', () => call.emit('error', { code: status.UNAVAILABLE, details: 'gone' }));
  });
  const stream = await clientOf(address).connect(hello, unaborted);
  const heard = [];
  for await (const message of stream.messages) heard.push(message.body);
  expect(heard).toEqual(['welcome']);
});

it('tries again until the coordinator answers', async () => {
  let numJoins = 0;
  const address = await serve((call) => {
    numJoins += 1;
    if (numJoins < 3) call.end();
    else welcoming(call);
  });
  await clientOf(address).connect(hello, unaborted);
  expect(numJoins).toBe(3);
});

it('gives up only when told to', async () => {
  const controller = new AbortController();
  const address = await serve((call) => {
    call.end();
    controller.abort(new Error('enough'));
  });
  await expect(clientOf(address).connect(hello, controller.signal)).rejects.toThrow('enough');
});
