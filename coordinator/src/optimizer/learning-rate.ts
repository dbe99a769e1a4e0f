import type { OptimizerConfig } from '@atelier/shared/config/run-config';

type Schedule = NonNullable<OptimizerConfig['schedule']>;

/**
 * The learning rate in an iteration, which counts from 0: a pure function of the config, so that a run that goes on
 * from a checkpoint goes on with the rate, too. Without a schedule exactly the config's.
 */
export function learningRateAt({ learningRate, schedule }: OptimizerConfig, iteration: number): number {
  return schedule === undefined ? learningRate : learningRate * shareAt(schedule, iteration);
}

/** Of the full rate: rising in equal parts, 1 of `warmUp` in the first iteration, times what the decay leaves. */
function shareAt(schedule: Schedule, iteration: number): number {
  const { kind, warmUp } = schedule;
  const risen = iteration < warmUp ? (iteration + 1) / warmUp : 1;
  if (kind === 'constant') return risen;
  const { from, until, floor } = schedule;
  const passed = Math.min(1, Math.max(0, (iteration - from) / (until - from)));
  const left = kind === 'linear' ? 1 - passed : halfCosine(passed);
  return risen * (floor + (1 - floor) * left);
}

/**
 * (1 + cos(pi t)) / 2 for t in [0, 1], as cos(pi t / 2)^2: Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5. By its
 * series, because Math.cos may differ in the last bit from one JavaScript engine to the next.
 */
function halfCosine(t: number): number {
  const square = ((Math.PI / 2) * t) ** 2;
  let sum = 0;
  for (let k = 22; k > 0; k -= 2) sum = (1 - sum) * (square / (k * (k - 1)));
  return (1 - sum) * (1 - sum);
}
