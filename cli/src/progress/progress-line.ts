import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import { inWords } from './duration.ts';

const BAR_CELLS = 20;
/** Eighths of a character cell. */
const PARTIAL_CELLS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_LOSSES = 4;

/** The part of RunStatus that is shown; a plain object, so that tests can write one. */
export type ProgressStatus = Pick<
  RunStatus,
  | 'state'
  | 'iteration'
  | 'numIterations'
  | 'step'
  | 'imagesPerSecond'
  | 'secondsLeft'
  | 'losses'
  | 'latestSample'
  | 'message'
> & { readonly workers: readonly { readonly state: string }[] };

/** One line without colours: for logs and for what is not a terminal. */
export function plainLine(status: ProgressStatus): string {
  return [
    `iteration ${status.iteration}/${status.numIterations}`,
    `step ${status.step}`,
    ...restOf(status),
  ].join('  ');
}

/** Two lines for a terminal: how far, then how well. */
export function liveLines(status: ProgressStatus): [string, string] {
  const fraction = status.numIterations > 0 ? status.iteration / status.numIterations : 0;
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  const far = `${bar(fraction)}${percent}  iteration ${status.iteration}/${status.numIterations}  step ${status.step}  ${restOf({ ...status, losses: [] }).join('  ')}`;
  const losses = lossesOf(status);
  const sample = status.latestSample === '' ? '' : `newest: ${status.latestSample}`;
  return [far, [sample, losses].filter((part) => part !== '').join('   ')];
}

export function bar(fraction: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_CELLS * 8);
  const full = Math.floor(eighths / 8);
  return `▕${`${'█'.repeat(full)}${PARTIAL_CELLS[eighths % 8] ?? ''}`.padEnd(BAR_CELLS)}▏`;
}

function restOf(status: ProgressStatus): string[] {
  const numWorkers = status.workers.filter(({ state }) => state === 'active').length;
  const losses = lossesOf(status);
  return [
    ...(status.state === 'running'
      ? []
      : [status.message === '' ? status.state : `${status.state}: ${status.message}`]),
    ...(status.imagesPerSecond > 0 ? [`${speed(status.imagesPerSecond)} images/s`] : []),
    ...(losses === '' ? [] : [losses]),
    `${numWorkers} worker${numWorkers === 1 ? '' : 's'}`,
    ...(status.secondsLeft > 0 ? [`${inWords(status.secondsLeft)} left`] : []),
  ];
}

function lossesOf({ losses }: ProgressStatus): string {
  const shown = losses
    .slice(0, MAX_LOSSES)
    .map(({ name, value }) => `${shortName(name)} ${value.toFixed(3)}`);
  return [...shown, ...(losses.length > MAX_LOSSES ? [`+${losses.length - MAX_LOSSES}`] : [])].join('  ');
}

/** Most losses of a phase are of its own name: "generator/generator" is "generator". */
function shortName(name: string): string {
  const [phase, loss] = name.split('/');
  return phase === loss && phase !== undefined ? phase : name;
}

function speed(imagesPerSecond: number): string {
  return imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : String(Math.round(imagesPerSecond));
}
