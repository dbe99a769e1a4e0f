import { join } from 'node:path';
import { auditJournal } from '@atelier/shared/journal/journal-audit';
import { readJournal } from '@atelier/shared/journal/journal-reader';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { HttpClient } from '../harness/http-client.ts';
import { MetricsText } from '../harness/metrics-text.ts';
import { ToyCoordinator } from '../harness/toy-coordinator.ts';
import { toyConfig, toyEvaluation } from '../harness/toy-run.ts';

const config = toyConfig({ evaluate: { everyIterations: 1 } });

const evaluation = (iteration: number, judge: number) => toyEvaluation(iteration, { judge, swd: 0.1 });

async function begun(options: Parameters<typeof ToyCoordinator.start>[0] = {}) {
  const coordinator = await ToyCoordinator.start({ config, ...options });
  const worker = await coordinator.join('a');
  const runId = (await coordinator.status()).runId;
  return { coordinator, worker, runId };
}

async function commit({ worker }: Awaited<ReturnType<typeof begun>>, numSteps: number): Promise<void> {
  for (let step = 0; step < numSteps; step += 1) await worker.compute(await worker.next('assignment'));
  await worker.next('assignment');
}

describe('what an evaluator tells', () => {
  it('is kept in the journal and told to everybody, the best named; also in the next life', async () => {
    const run = await begun();
    const { coordinator: first, runId } = run;
    await commit(run, 4);
    await first.evaluate({ runId, working: 'measuring pairs: 10 of 200' });
    expect(await first.status()).toMatchObject({
      evaluator: 'measuring pairs: 10 of 200',
      newestEvaluation: null,
    });
    expect((await MetricsText.of(first.http)).value('atelier_evaluation_iteration')).toBeUndefined();
    await first.evaluate({ runId, evaluation: evaluation(1, 0.675) });
    const receipt = await first.evaluate({ runId, evaluation: evaluation(2, 0.45) });
    // The same again is none of a second time.
    expect(await first.evaluate({ runId, evaluation: evaluation(2, 0.45) })).toEqual(receipt);
    expect(receipt).toMatchObject({
      newest: { iteration: 2, barsMet: 1, shortfall: 0.5, isBest: false },
      best: { iteration: 1, shortfall: expect.closeTo(0.25), isBest: true },
    });
    const told = (await first.events()).filter(({ type }) => type === 'evaluation.completed');
    expect(told).toEqual([
      expect.objectContaining({ step: 2, values: { judge: 0.675, swd: 0.1 }, isBest: true }),
      expect.objectContaining({ step: 4, barsMet: 1, shortfall: 0.5, isBest: false }),
    ]);
    await first.stop();
    const audit = await auditJournal(readJournal(join(first.folder, 'journal.jsonl')));
    expect(audit).toMatchObject({ problems: [], steps: 4 });

    await using second = await ToyCoordinator.start({ config, folder: first.folder, resume: true });
    expect(await second.status()).toMatchObject({
      newestEvaluation: { iteration: 2 },
      bestEvaluation: { iteration: 1 },
    });
    expect(await new HttpClient(second.http).json('/api/evaluations')).toEqual([
      expect.objectContaining({ iteration: 1, isBest: true }),
      expect.objectContaining({ iteration: 2, isBest: false }),
    ]);
    const metrics = await MetricsText.of(second.http);
    expect(metrics.value('atelier_evaluation_value', { metric: 'judge' })).toBe(0.45);
    expect(metrics.value('atelier_evaluation_bar', { metric: 'swd', wanted: 'at most' })).toBe(0.21);
    expect(metrics.value('atelier_evaluation_best_iteration')).toBe(1);
    expect(metrics.value('atelier_evaluation_completed_total')).toBe(0);
  });

  it('is refused where it is of no checkpoint of this run', async () => {
    const run = await begun();
    await using coordinator = run.coordinator;
    const { runId } = run;
    await commit(run, 2);
    const fits = evaluation(1, 0.5);
    const wrong = [
      [{ runId: 'another', evaluation: fits }, status.FAILED_PRECONDITION, 'wrong-run'],
      [{ runId }, status.INVALID_ARGUMENT, 'bad-message: body'],
      [{ runId, evaluation: evaluation(2, 0.5) }, status.INVALID_ARGUMENT, 'future-step'],
      [
        { runId, evaluation: { ...fits, iteration: 0 } },
        status.INVALID_ARGUMENT,
        'evaluation.iteration of step 2',
      ],
      [
        { runId, evaluation: { ...fits, values: { judge: Number.NaN } } },
        status.INVALID_ARGUMENT,
        'values.judge',
      ],
      [{ runId, evaluation: { ...fits, values: { beauty: 1 } } }, status.INVALID_ARGUMENT, 'beauty'],
      [{ runId, evaluation: { ...fits, digest: '' } }, status.INVALID_ARGUMENT, 'digest'],
    ] as const;
    for (const [report, code, words] of wrong) {
      const details = expect.stringContaining(words);
      await expect(coordinator.evaluate(report), words).rejects.toMatchObject({ code, details });
    }
    expect((await coordinator.events()).map(({ type }) => type)).not.toContain('evaluation.completed');
  });

  it('is not taken by a run whose config asks for none', async () => {
    const { coordinator, runId } = await begun({ config: toyConfig() });
    await using _ = coordinator;
    await expect(coordinator.evaluate({ runId, evaluation: evaluation(0, 0.5) })).rejects.toMatchObject({
      details: expect.stringMatching(/^not-ready: .*evaluate\.everyIterations/),
    });
  });
});

describe('a run that is complete', () => {
  const isTold = async ({ coordinator }: Awaited<ReturnType<typeof begun>>) =>
    (await coordinator.events()).some(({ type }) => type === 'run.completed');

  it('lets its workers go and hears its last evaluation, then it ends', async () => {
    const run = await begun();
    const { coordinator, worker, runId } = run;
    await worker.work();
    expect(await isTold(run)).toBe(true);
    expect(await coordinator.status()).toMatchObject({
      state: 'stopping',
      message: 'the last evaluation: waiting for an evaluator',
    });
    await coordinator.evaluate({ runId, evaluation: evaluation(3, 0.6) });
    await coordinator.evaluate({ runId, working: 'iteration 4: measuring pairs: 10 of 20' });
    expect(await coordinator.status()).toMatchObject({
      message: 'the last evaluation: iteration 4: measuring pairs: 10 of 20',
    });
    await coordinator.evaluate({ runId, evaluation: evaluation(4, 0.9) });
    expect(await coordinator.finished).toEqual({ kind: 'completed', step: 8, wasComplete: false });
    const events = await coordinator.events();
    expect(events.at(-1)).toMatchObject({ type: 'evaluation.completed', step: 8, shortfall: 0 });
  });

  it.each([
    ['when its evaluator leaves', (run: Awaited<ReturnType<typeof begun>>) => leave(run)],
    ['when it is told to stop', ({ coordinator }: Awaited<ReturnType<typeof begun>>) => coordinator.stop()],
  ])('ends without it %s', async (_, happens) => {
    const run = await begun();
    await run.worker.work();
    await happens(run);
    expect(await run.coordinator.finished).toMatchObject({ kind: 'completed' });
  });

  it('hears it in its next life where this one ended before it came', async () => {
    const { coordinator: first, worker, runId } = await begun();
    await worker.work();
    await first.stop();
    const { folder } = first;
    await using second = await ToyCoordinator.start({ config, folder, resume: true });
    expect(await second.status()).toMatchObject({ state: 'stopping', step: 8 });
    await second.evaluate({ runId, evaluation: evaluation(4, 0.9) });
    expect(await second.finished).toEqual({ kind: 'completed', step: 8, wasComplete: true });
    await using third = await ToyCoordinator.start({ config, folder, resume: true, stay: true });
    expect(await third.status()).toMatchObject({ state: 'completed', bestEvaluation: { step: 8 } });
  });

  it('ends without it when no evaluator says anything', async () => {
    const { coordinator, worker } = await begun({ evaluatorPatienceMs: 100 });
    await worker.work();
    expect(await coordinator.finished).toMatchObject({ kind: 'completed' });
  });
});

function leave({ coordinator, runId }: Awaited<ReturnType<typeof begun>>): Promise<unknown> {
  return coordinator.evaluate({ runId, leaving: 'the model makes images from noise' });
}
