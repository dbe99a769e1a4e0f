import { readFileSync } from 'node:fs';
import { pageAddress } from '@atelier/cli/operator/page-address';
import { describe, expect, it } from 'vitest';
import { isRunning } from '../harness/is-running.ts';
import { resultOf } from '../harness/run-result.ts';
import { Training } from '../harness/training.ts';
import { undisturbed } from '../harness/undisturbed.ts';

describe('the same bits, when atelier train', () => {
  it('is ended by Ctrl-C, which keeps all that was done and leaves nothing running, and goes on later', async () => {
    await using training = await Training.prepare();
    const interrupted = training.start();
    const pids = await training.underWay(30);
    interrupted.signal('SIGINT');
    expect(await interrupted.exited).toEqual({ code: 130, signal: null });
    expect(pids.filter(isRunning)).toEqual([]);
    for (const name of ['worker-1', 'worker-2']) expect(training.logOf(name)).toContain('worker ended');

    const [stopped] = training.run.all('run.stopped');
    expect(stopped?.step).toBeGreaterThanOrEqual(30);
    expect(await resultOf(training.run.folder)).toMatchObject({
      step: stopped?.step,
      missing: 0,
      repeated: 0,
    });

    expect(await training.start('--resume').exited).toEqual({ code: 0, signal: null });
    expect(training.run.all('run.started').at(-1)?.step).toBe(stopped?.step);
    expect(await resultOf(training.run.folder)).toEqual(await undisturbed());
  });

  it('sees its coordinator and a worker killed: it starts them again, with the page where it was', async () => {
    await using training = await Training.prepare();
    const train = training.start();
    const pids = await training.underWay(30);
    const page = await pageAddress(training.run.folder);
    expect(readFileSync(train.logFile, 'utf8')).toContain(`page: ${page}`);
    for (const pid of pids.slice(1)) process.kill(pid, 'SIGKILL');
    // For a moment of its start a coordinator has none.
    const isBack = () => ![undefined, pids.at(-1)].includes(training.run.coordinatorPid);
    await training.run.until(isBack, AbortSignal.timeout(120_000));
    expect(await pageAddress(training.run.folder)).toBe(page);
    expect(await train.exited).toEqual({ code: 0, signal: null });
    expect(training.run.all('run.started')).toHaveLength(2);
    expect(await resultOf(training.run.folder)).toEqual(await undisturbed());
  });

  it('is killed itself: what it had started ends by itself, with a checkpoint', async () => {
    await using training = await Training.prepare();
    const killed = training.start();
    await training.underWay(30);
    await killed.kill();
    const stopped = () => training.run.all('run.stopped').at(-1);
    const { step } = await training.run.until(stopped, AbortSignal.timeout(120_000));
    await training.run.until(() => training.run.coordinatorPid === undefined, AbortSignal.timeout(120_000));
    expect(await resultOf(training.run.folder)).toMatchObject({ step });
  });
});
