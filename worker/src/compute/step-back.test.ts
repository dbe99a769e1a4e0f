import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker as Thread } from 'node:worker_threads';
import { expect, it } from 'vitest';

const TYPESCRIPT = new URL('../../../test/harness/run-typescript.mjs', import.meta.url).href;
const SCRIPT = `
  import { getPriority } from 'node:os';
  import { parentPort } from 'node:worker_threads';
  import { stepBack } from ${JSON.stringify(new URL('./step-back.ts', import.meta.url).href)};
  stepBack();
  parentPort.postMessage(getPriority(0));`;

it.runIf(process.platform === 'linux')('puts a thread behind the others, and not the process', async () => {
  const before = getPriority(0);
  const entry = new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  const thread = new Thread(entry, { execArgv: ['--import', TYPESCRIPT, '--conditions=source'] });
  const [ofThread] = await once(thread, 'message');
  expect(ofThread).toBe(Math.min(19, before + 5));
  expect(getPriority(0)).toBe(before);
  await thread.terminate();
});
