import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { standingText } from '../evaluation/metric-words.ts';
import { inWords } from '../progress/duration.ts';
import { liveLines } from '../progress/progress-line.ts';
import { table } from '../terminal/output.ts';

/** The status of a run for a person. @param page its address, where it is known */
export function statusText(status: RunStatus, page?: string): string {
  const checkpoint = status.checkpointStep < 0 ? 'none yet' : `of step ${status.checkpointStep}`;
  return [
    `${status.name}  ${status.state}${status.message === '' ? '' : `: ${status.message}`}  (run ${status.runId})`,
    ...liveLines(status),
    goodputText(status.goodput),
    `checkpoint: ${checkpoint}`,
    ...evaluationText(status),
    ...(page === undefined ? [] : [`page: ${page}`]),
    ...(status.workers.length === 0 ? ['no workers'] : [table([HEADINGS, ...status.workers.map(workerRow)])]),
  ].join('\n');
}

const GOODPUT_STATES = ['compute', 'transfer', 'wait', 'recompute', 'checkpoint', 'idle'] as const;

/** Shares of the coordinator's wall time; what is not settled yet is in none. */
function goodputText(goodput: RunStatus['goodput']): string {
  const total = GOODPUT_STATES.reduce((sum, state) => sum + (goodput?.[state] ?? 0), 0);
  if (goodput === null || total === 0) return 'time: nothing yet';
  const shares = GOODPUT_STATES.map((state) => `${state} ${Math.round((100 * goodput[state]) / total)}%`);
  return `time: ${shares.join('  ')}  of ${inWords(total)}`;
}

/** Of a run that is evaluated: what is done now, the newest and the best. */
function evaluationText({ evaluator, newestEvaluation: newest, bestEvaluation: best }: RunStatus): string[] {
  const standing = (evaluation: NonNullable<typeof newest>): string =>
    `iteration ${evaluation.iteration}: ${standingText(evaluation)}`;
  return [
    ...(evaluator === '' ? [] : [`evaluator: ${evaluator}`]),
    ...(newest === null ? [] : [`evaluated: ${standing(newest)}`]),
    ...(best === null ? [] : [`best: ${standing(best)}; kept in best/`]),
  ];
}

const HEADINGS = [
  'WORKER',
  'STATE',
  'DOING',
  'VIRTUAL WORKERS',
  'A SECOND',
  'MEMORY',
  'HEARD',
  'PROCESS',
  'DEVICE',
];

function workerRow(worker: RunStatus['workers'][number]): string[] {
  return [
    worker.name,
    worker.state,
    worker.activity,
    String(worker.virtualWorkers),
    worker.virtualWorkersPerSecond.toFixed(1),
    `${Math.round(worker.residentBytes / 1e6)} MB`,
    `${inWords(worker.secondsSinceHeard)} ago`,
    `${worker.host}:${worker.pid}`,
    worker.device,
  ];
}
