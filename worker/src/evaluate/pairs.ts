import { keyOf } from '@atelier/shared/random/keyed-random';
import { Permutation } from '@atelier/shared/random/permutation';
import { EvaluationError } from './evaluation-error.ts';

/** So many pairs are one group: an output is to find its own style among so many. */
export const GROUP_SIZE = 10;

/** Example numbers; content k meets style k. Within a group no content and no style comes twice. */
export interface PairGroup {
  readonly contents: readonly number[];
  readonly styles: readonly number[];
}

/**
 * Which contents meet which styles: a function of the seed and of the sizes of the two sets. As long as a set lasts, no
 * example comes twice; then its next epoch begins.
 * @throws EvaluationError 'wrong-pairs'
 */
export function pairGroupsOf(options: {
  readonly numPairs: number;
  readonly seed: number;
  readonly numContents: number;
  readonly numStyles: number;
}): PairGroup[] {
  const { numPairs, seed, numContents, numStyles } = options;
  if (numPairs < 2 * GROUP_SIZE || numPairs % GROUP_SIZE !== 0) {
    throw new EvaluationError(
      'wrong-pairs',
      `--pairs: got ${numPairs}, wanted a multiple of ${GROUP_SIZE} that is at least ${2 * GROUP_SIZE}`,
    );
  }
  const contents = groupsOf(numPairs / GROUP_SIZE, numContents, seed, 'content');
  const styles = groupsOf(numPairs / GROUP_SIZE, numStyles, seed, 'style');
  return contents.map((group, i) => ({ contents: group, styles: styles[i] ?? [] }));
}

/** Epochs of whole groups, so that no group reaches from one epoch into the next. */
function groupsOf(numGroups: number, numExamples: number, seed: number, domain: string): number[][] {
  const groupsInEpoch = Math.floor(numExamples / GROUP_SIZE);
  if (groupsInEpoch === 0) {
    throw new EvaluationError(
      'wrong-pairs',
      `the ${domain} set has ${numExamples} examples: wanted at least ${GROUP_SIZE}`,
    );
  }
  return Array.from({ length: numGroups }, (_, group) => {
    const epoch = Math.floor(group / groupsInEpoch);
    const order = new Permutation(keyOf(seed, 'evaluation', domain, epoch), numExamples);
    const first = (group % groupsInEpoch) * GROUP_SIZE;
    return Array.from({ length: GROUP_SIZE }, (_, k) => order.at(first + k));
  });
}
