import type { Evaluation } from '@atelier/proto/generated/atelier/v1/Evaluation';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { WorkerStatus } from '@atelier/proto/generated/atelier/v1/WorkerStatus';
import type { JudgedEvaluation } from '@atelier/shared/evaluation/evaluation';
import { numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import { isEnding, outcomeOf } from '../life/life-state.ts';
import type { Session } from '../sessions/session.ts';
import type { LoopView, RunView } from './run-view.ts';

/** The run as a person sees it. */
export function statusOf(run: RunView): RunStatus {
  const { loop, config, identity } = run;
  const { state, message } = stateOf(run);
  const isTraining = !['evaluating', 'archiving', 'over'].includes(run.lifeState.kind);
  const step = loop?.training.step ?? 0;
  const numSteps = loop?.numSteps ?? 0;
  return {
    ...identity,
    name: config.name,
    state,
    message,
    step,
    numSteps,
    iteration: loop?.iteration ?? 0,
    numIterations: config.iterations,
    imagesPerSecond: isTraining ? (loop?.throughput.imagesPerSecond ?? 0) : 0,
    secondsLeft: isTraining ? (loop?.throughput.secondsFor(numSteps - step) ?? 0) : 0,
    losses: [...(loop?.losses ?? [])].map(([name, value]) => ({ name, value })),
    workers: [...run.sessions].map((session) => workerStatusOf(session, loop, run.clock.now())),
    checkpointStep: run.checkpointStep,
    latestSample: run.rendering.latest,
    goodput: run.meter.goodput,
    newestEvaluation: evaluationOf(run.evaluations.newest),
    bestEvaluation: evaluationOf(run.evaluations.best),
    evaluator: run.evaluations.activity,
  };
}

/** In a word, and why in a sentence where that says more. */
export function stateOf(run: RunView): { readonly state: string; readonly message: string } {
  const { lifeState, loop, evaluations } = run;
  const outcome = outcomeOf(lifeState);
  if (outcome !== undefined)
    return { state: outcome.kind, message: outcome.kind === 'failed' ? outcome.reason : '' };
  if (lifeState.kind === 'evaluating') {
    const activity = evaluations.activity === '' ? 'waiting for an evaluator' : evaluations.activity;
    return { state: 'stopping', message: `the last evaluation: ${activity}` };
  }
  if (isEnding(lifeState)) return { state: 'stopping', message: '' };
  if (loop === undefined) return { state: 'waiting', message: 'for the first worker, which sends the model' };
  if (!loop.training.hasParameters)
    return { state: 'waiting', message: 'for a worker to send the initial parameters' };
  if (run.reducers !== undefined && !run.isWhole)
    return { state: 'waiting', message: run.reducers.waitingFor };
  const { kind, reason } = loop.state;
  if (kind === 'complete') return { state: 'stopping', message: 'all steps are committed' };
  return { state: kind, message: kind === 'running' ? '' : reason };
}

function evaluationOf(evaluation: JudgedEvaluation | undefined): Evaluation | null {
  return evaluation === undefined ? null : { ...evaluation, values: { ...evaluation.values } };
}

function workerStatusOf(session: Session, loop: LoopView | undefined, now: number): WorkerStatus {
  const { hello, heartbeat, state, device } = session;
  const member = loop?.members().find((candidate) => candidate.session === session.id);
  return {
    workerId: hello.workerId,
    name: hello.name,
    state: state === 'ready' ? 'joining' : state,
    host: hello.host,
    pid: hello.pid,
    device,
    activity: heartbeat?.activity ?? '',
    virtualWorkersPerSecond: member?.virtualWorkersPerSecond ?? 0,
    virtualWorkers: (member?.blocks ?? []).reduce((sum, node) => sum + numVirtualWorkersOf(node), 0),
    numTensors: heartbeat?.numTensors ?? 0,
    residentBytes: heartbeat?.residentBytes ?? 0,
    secondsSinceHeard: (now - session.heardAt) / 1000,
  };
}
