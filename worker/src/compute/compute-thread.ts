import { parentPort } from 'node:worker_threads';
import { ComputeError } from './compute-error.ts';
import type {
  CancelRequest,
  ComputeAnswer,
  ComputeCall,
  ComputeCalls,
  ComputeRequest,
} from './compute-messages.ts';
import { ComputeSession } from './compute-session.ts';
import { buffersOf } from './transfer.ts';

/**
 * Entry of the compute thread, which owns TensorFlow. Calls are answered one after another, in the order asked;
 * only `cancel` is heard at once.
 */
const port = parentPort;
if (port === null)
  throw new Error('compute-thread is the entry of a worker thread; start it with ComputeClient');

type Reply = ComputeCalls[ComputeCall]['reply'];

let session: ComputeSession | undefined;
let lastCall: Promise<void> = Promise.resolve();
const underWay = new Map<number, AbortController>();

port.on('message', (message: ComputeRequest | CancelRequest) => {
  if (message.call === 'cancel') {
    underWay.get(message.id)?.abort();
    return;
  }
  const controller = new AbortController();
  underWay.set(message.id, controller);
  lastCall = lastCall.then(async () => {
    const result = await resultOf(message, controller.signal);
    underWay.delete(message.id);
    const answer: ComputeAnswer = { id: message.id, result, engine: session?.state() };
    port.postMessage(answer, result.kind === 'reply' ? handedOver(result.reply) : []);
  });
});

async function resultOf(message: ComputeRequest, signal: AbortSignal): Promise<ComputeAnswer['result']> {
  try {
    signal.throwIfAborted();
    return { kind: 'reply', reply: await replyOf(message, signal) };
  } catch (error) {
    if (signal.aborted) return { kind: 'cancelled' };
    const { name, message: text, stack } = error instanceof Error ? error : new Error(String(error));
    return { kind: 'error', name, message: text, stack };
  }
}

async function replyOf(message: ComputeRequest, signal: AbortSignal): Promise<Reply> {
  if (message.call === 'load') {
    session = await ComputeSession.open(message.request);
    return session.loaded;
  }
  if (session === undefined) throw new ComputeError('closed', `'${message.call}' was asked before 'load'`);
  switch (message.call) {
    case 'initialize':
      return { values: session.initialize() };
    case 'readParameters':
      return session.readParameters(message.request);
    case 'setParameters':
      session.setParameters(message.request);
      return {};
    case 'addDifference':
      session.addDifference(message.request);
      return {};
    case 'begin':
      session.begin(message.request);
      return {};
    case 'compute':
      return session.compute(message.request, signal);
    case 'freeze':
      return { graph: await session.freeze(message.request) };
    case 'styleCodes':
      return { codes: await session.styleCodes(message.request) };
    case 'judge':
      return { judged: await session.judge(message.request, message.request.inputs) };
    case 'render':
      return { images: await session.render(message.request) };
  }
}

function handedOver(reply: Reply): ArrayBuffer[] {
  if ('bytes' in reply) return buffersOf([reply.bytes]);
  if ('values' in reply) return buffersOf([reply.values]);
  if ('images' in reply) return buffersOf([reply.images.pixels]);
  return [];
}
