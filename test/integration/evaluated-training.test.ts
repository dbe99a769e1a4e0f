import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { findCoordinator } from '@atelier/cli/operator/find-coordinator';
import { OperatorClient } from '@atelier/cli/operator/operator-client';
import type { EvaluationReport } from '@atelier/worker/evaluate/report';
import { expect, it } from 'vitest';
import type { AtelierProcess } from '../harness/atelier-process.ts';
import { childRunning } from '../harness/child-processes.ts';
import { FollowedRun } from '../harness/followed-run.ts';
import { isStopped } from '../harness/is-stopped.ts';
import { resultOf } from '../harness/run-result.ts';
import { StylizingRun } from '../harness/stylizing-run.ts';

/** Of a wait. Only a machine that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 120_000;
/** As short as it can be: what is measured means nothing. */
const BRIEF = { pairs: 20, featureSteps: 2 };

/** Ends the evaluator that `atelier train` has started, in the middle of its work. */
async function killEvaluator(training: AtelierProcess, folder: string): Promise<void> {
  using run = new FollowedRun(folder);
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  await run.until(() => run.all('checkpoint.saved').some(({ step }) => step > 0), deadline);
  const operator = new OperatorClient(await findCoordinator({ run: folder }));
  const isAtWork = async () => (await operator.status()).evaluator.startsWith('iteration');
  for (let isKilled = false; !isKilled; ) {
    while (!(await isAtWork())) deadline.throwIfAborted();
    const evaluator = childRunning(training.pid, 'evaluate');
    if (evaluator === undefined) continue;
    // What it is at when it stands still, it is at when it is killed.
    process.kill(evaluator, 'SIGSTOP');
    while (!isStopped(evaluator)) await nextTurn();
    isKilled = await isAtWork();
    process.kill(evaluator, isKilled ? 'SIGKILL' : 'SIGCONT');
  }
  operator.close();
}

it('is measured beside the workers to its last iteration, also by an evaluator that was killed, and is the same run', async () => {
  await using plain = await StylizingRun.train();
  await using run = await StylizingRun.train({ evaluate: { everyIterations: 15, ...BRIEF } }, killEvaluator);
  const result = await resultOf(run.folder);
  expect(result).toEqual(await resultOf(plain.folder));
  expect(result).toMatchObject({ step: 80, problems: [] });

  using followed = new FollowedRun(run.folder);
  const evaluations = followed.all('evaluation.completed');
  expect(evaluations.at(-1)).toMatchObject({ step: 80, iteration: 40, digest: result.digest });
  for (const { iteration } of evaluations) expect([15, 30, 40]).toContain(iteration);
  const best = evaluations.findLast(({ isBest }) => isBest);
  expect(
    existsSync(join(run.folder, 'best', 'checkpoints', `step-${String(best?.step).padStart(9, '0')}`)),
  ).toBe(true);

  // And afterwards, as anybody would.
  const steps = ['--feature-steps', String(BRIEF.featureSteps)];
  const said = await run.atelier(
    'evaluate',
    '--run',
    run.folder,
    '--pairs',
    '20',
    '--split',
    'train',
    ...steps,
  );
  expect(said).toMatch(/judge ↑ +SWD ↓ +Gram ↓/);
  expect(said).toMatch(/run, iteration 40/);
  const report = JSON.parse(
    readFileSync(join(run.folder, 'evaluation', 'evaluation.json'), 'utf8'),
  ) as EvaluationReport;
  const [row] = report.rows.filter(({ kind }) => kind === 'run');
  expect(row).toMatchObject({ checkpoint: { iteration: 40, digest: result.digest } });
  expect(report.evaluators.style.numSteps).toBe(BRIEF.featureSteps);
});
