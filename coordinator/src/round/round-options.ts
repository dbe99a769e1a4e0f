import { RoundError } from './round-error.ts';
import type { RoundOptions } from './round-types.ts';

/** @throws RoundError 'bad-options', naming the field, what it got and what it wanted. */
export function checkRoundOptions(options: RoundOptions, start: { readonly step: number }): void {
  const { numVirtualWorkers, numSteps, leaseMs, lateFactor, lateFloorMs, minWorkers } = options;
  const wants: readonly (readonly [name: string, value: number, isGood: boolean, wanted: string])[] = [
    ['numVirtualWorkers', numVirtualWorkers, isPowerOfTwo(numVirtualWorkers), 'a power of two'],
    ['numSteps', numSteps, isCount(numSteps), 'a whole number from 0'],
    ['leaseMs', leaseMs, leaseMs > 0, 'more than 0'],
    ['lateFactor', lateFactor, lateFactor >= 1, 'at least 1'],
    ['lateFloorMs', lateFloorMs, lateFloorMs >= 0, 'at least 0'],
    ['minWorkers', minWorkers, isCount(minWorkers), 'a whole number from 0'],
    [
      'start.step',
      start.step,
      isCount(start.step) && start.step <= numSteps,
      `a whole number from 0 to ${numSteps}`,
    ],
  ];
  for (const [name, value, isGood, wanted] of wants) {
    if (!isGood) throw new RoundError('bad-options', `${name} must be ${wanted}, got ${value}`);
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

function isPowerOfTwo(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value));
}
