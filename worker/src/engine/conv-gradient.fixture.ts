// A process of its own, since an engine's settings last as long as its process: loads the engine, computes the
// gradient of a convolution and prints what came out. Arguments: where ('main' or 'thread'), intra-op threads, device.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, SHARE_ENV, Worker as Thread, workerData } from 'node:worker_threads';
import { loadEngine } from './load-engine.ts';

const [, , place, intraOpThreads, device] = isMainThread ? process.argv : ['', '', 'main', workerData, 'cpu'];
if (place === 'thread') {
  const thread = new Thread(fileURLToPath(import.meta.url), {
    env: SHARE_ENV,
    execArgv: process.execArgv,
    workerData: intraOpThreads,
  });
  thread.on('message', (text) => process.stdout.write(text));
} else {
  const text = JSON.stringify(await convGradient(Number(intraOpThreads), device === 'gpu' ? 'gpu' : 'cpu'));
  if (parentPort === null) process.stdout.write(text);
  else parentPort.postMessage(text);
}

async function convGradient(numThreads: number, device: 'cpu' | 'gpu') {
  const { tf, fingerprint } = await loadEngine({
    device,
    intraOpThreads: numThreads,
    compile: true,
    ops: 'tensorflow',
  });
  const imagesNHWC = tf.randomNormal([8, 32, 32, 16], 0, 1, 'float32', 1);
  const kernel = tf.randomNormal([5, 5, 16, 32], 0, 1, 'float32', 2);
  const loss = () =>
    tf
      .conv2d(imagesNHWC.as4D(8, 32, 32, 16), kernel.as4D(5, 5, 16, 32), 2, 'same')
      .square()
      .mean();
  const [gradient] = tf.grads((_kernel: typeof kernel) => loss())([kernel]);
  const bytes = new Uint8Array(Float32Array.from(gradient?.dataSync() ?? []).buffer);
  return {
    hash: createHash('sha256').update(bytes).digest('hex'),
    fingerprint,
    // The report reads the environment of the process, as native code sees it, not this thread's view.
    nativeThreads: nativeEnvironment()['TF_NUM_INTRAOP_THREADS'],
  };
}

function nativeEnvironment(): Record<string, string> {
  const report: unknown = process.report?.getReport();
  return (report as { environmentVariables: Record<string, string> }).environmentVariables;
}
